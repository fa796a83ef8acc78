public import Foundation
import HoldfastAPI

extension ExecutorResult {
  /// The result is of a version that this code does not know, or is no result.
  public struct DecodingFailure: Error, Sendable, CustomStringConvertible {
    public var description: String
  }

  /// The result as JSON that fits a termination message.
  ///
  /// Where it does not fit, parts go in this order, each only if still needed, and ``truncated`` is set: warnings, all but
  /// the first of what is missing, facts, digests, artifact keys, the ids that pruning deleted, the details of the plan, the messages of steps, the
  /// end of long messages, the plan, the steps, the artifacts. What happened and why always stays.
  ///
  /// - Parameter limit: Bytes; at least 1,024.
  public func encoded(limit: Int = ExecutorResult.maximumBytes) throws -> Data {
    var result = self
    var data = try result.json()
    for trim in Self.trims where data.count > limit {
      trim(&result)
      result.truncated = true
      data = try result.json()
    }
    return data
  }

  /// - Throws: ``DecodingFailure``.
  public init(decoding data: Data) throws {
    struct Version: Decodable { var resultVersion: Int }
    let decoder = JSONDecoder()
    guard let version = try? decoder.decode(Version.self, from: data) else {
      throw DecodingFailure(description: "the executor's message is not a result")
    }
    guard version.resultVersion == Self.currentVersion else {
      throw DecodingFailure(
        description: "the executor's result has version \(version.resultVersion), and this operator reads version "
          + "\(Self.currentVersion); use the same version of both")
    }
    do {
      self = try decoder.decode(ExecutorResult.self, from: data)
    } catch {
      throw DecodingFailure(description: "the executor's result cannot be read: \(error)")
    }
  }

  private func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  private static let trims: [@Sendable (inout ExecutorResult) -> Void] = [
    { $0.warnings = nil },
    // That something is missing always stays, and the first of it.
    { result in
      guard let missing = result.missing else { return }
      let shown = missing.prefix(4).map { cut($0, to: 160) }
      result.missing = shown + (missing.count > shown.count ? ["and \(missing.count - shown.count) more"] : [])
    },
    { $0.facts = nil },
    { result in
      result.artifacts = result.artifacts?.map { artifact in
        var artifact = artifact
        artifact.plainSHA256 = nil
        artifact.storedSHA256 = nil
        return artifact
      }
    },
    { result in
      result.artifacts = result.artifacts?.map { artifact in
        var artifact = artifact
        artifact.key = ""
        return artifact
      }
    },
    { $0.prune?.deleted = [] },
    { result in
      result.plan = result.plan?.map { action in
        var action = action
        action.detail = nil
        return action
      }
    },
    { result in
      result.steps = result.steps?.map { step in
        var step = step
        step.message = nil
        return step
      }
    },
    { result in
      cutFailure(of: &result, to: 1_024)
      if let message = result.prune?.message { result.prune?.message = cut(message, to: 256) }
      result.location = result.location.map { cut($0, to: 512) }
    },
    { $0.plan = nil },
    { $0.steps = nil },
    { $0.artifacts = nil },
    // Escapes can make a character of text six bytes of JSON.
    { result in
      cutFailure(of: &result, to: 128)
      result.prune?.message = nil
      result.location = nil
      if result.missing != nil { result.missing = ["more than fits here; the manifest's facts name it"] }
    },
  ]

  private static func cutFailure(of result: inout ExecutorResult, to limit: Int) {
    guard let message = result.failure?.message else { return }
    result.failure?.message = cut(message, to: limit)
  }

  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var end = text.startIndex
    var bytes = 3
    while end < text.endIndex, bytes + text[end].utf8.count <= limit {
      bytes += text[end].utf8.count
      end = text.index(after: end)
    }
    return text[..<end] + "…"
  }
}
