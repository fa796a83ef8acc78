internal import Foundation
public import JobPlan

/// Where a run leaves its result: the container's termination message, or any file.
public struct ResultFile: Sendable {
  public static let defaultPath = "/dev/termination-log"

  /// nil writes nothing.
  public let path: String?

  /// - Parameter path: nil for ``defaultPath`` where it exists and can be written.
  public init(path: String?) {
    let fallback = FileManager.default.isWritableFile(atPath: Self.defaultPath) ? Self.defaultPath : nil
    self.path = path ?? fallback
  }

  /// Overwrites what is there, in place: the termination message is a mount of one file and cannot be replaced.
  public func write(_ result: ExecutorResult) throws {
    guard let path else { return }
    try result.encoded().write(to: URL(fileURLWithPath: path))
  }
}
