import Foundation

/// A program that the tests need, found on `PATH`.
public struct Tool: Sendable {
  public var path: String

  /// - Throws: ``TestServerError`` that names the package that carries the program. A missing tool fails a test, it
  ///   never skips it.
  public static func find(_ names: String..., package: String) throws -> Tool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in names {
      for folder in folders {
        let candidate = "\(folder)/\(name)"
        if FileManager.default.isExecutableFile(atPath: candidate) { return Tool(path: candidate) }
      }
    }
    throw TestServerError(
      "\(names.joined(separator: " or ")) is not on PATH. Tests/run installs it (\(package)); without Tests/run, "
        + "install it and put it on PATH.")
  }
}

public struct TestServerError: Error, Sendable, CustomStringConvertible {
  public var description: String
  public init(_ description: String) { self.description = description }
}

/// Waits until `condition` holds, asking again every `interval`.
/// - Throws: ``TestServerError`` with `what` after `deadline`.
public func eventually(
  _ what: String, within deadline: Duration = .seconds(20), every interval: Duration = .milliseconds(25),
  _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + deadline
  while true {
    if try await condition() { return }
    guard clock.now < end else { throw TestServerError("not within \(deadline): \(what)") }
    try await clock.sleep(for: interval)
  }
}
