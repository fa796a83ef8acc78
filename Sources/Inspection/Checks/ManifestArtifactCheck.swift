internal import BackupFormat
internal import Foundation
internal import NIOCore

/// The `manifest.json` of a backup, or other JSON.
struct ManifestArtifactCheck: ArtifactCheck {
  private var text = ByteBuffer()

  mutating func consume(_ bytes: ByteBuffer, _ report: inout InspectionReport) -> Bool {
    text.writeImmutableBuffer(bytes)
    return text.readableBytes <= Manifest.maximumBytes
  }

  mutating func finish(_ report: inout InspectionReport) {
    let data = Data(text.readableBytesView)
    do {
      let manifest = try Manifest.decode(data)
      report.sound = true
      report.facts = Self.facts(manifest)
    } catch {
      guard Self.isLikely(data) else {
        report.kind = .unknown
        return report.giveUp("this is JSON, and no manifest of a backup")
      }
      if error.code == .unsupportedFormat {
        report.giveUp(error.message)
      } else {
        report.fail(.init(code: error.code.rawValue, message: error.message))
      }
    }
  }

  /// Whether what cannot be decoded was meant to be a manifest.
  private static func isLikely(_ data: Data) -> Bool {
    data.range(of: Data(#""formatVersion""#.utf8)) != nil && data.range(of: Data(#""artifacts""#.utf8)) != nil
  }

  private static func facts(_ manifest: Manifest) -> [String: String] {
    var facts = [
      "id": manifest.id.rawValue, "policy": "\(manifest.policy.namespace)/\(manifest.policy.name)",
      "formatVersion": manifest.formatVersion, "createdAt": manifest.createdAt, "trigger": manifest.trigger,
      "holdfastVersion": manifest.holdfastVersion, "artifacts": "\(manifest.artifacts.count)",
      "storedSize": "\(manifest.storedSize)",
      "sources": manifest.artifacts.map { "\($0.source) (\($0.kind))" }.joined(separator: ", "),
    ]
    facts["clusterID"] = manifest.clusterID
    return facts
  }
}
