internal import NIOCore

/// A check of an artifact's plain bytes as they pass, in bounded memory. What is wrong goes into the report.
protocol ArtifactCheck {
  /// - Returns: False where the rest of the bytes tells nothing more.
  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool
  mutating func finish(_ report: inout InspectionReport)
}
