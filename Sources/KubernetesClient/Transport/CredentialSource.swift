import Foundation
import Synchronization

/// Gives the bearer token for a request; reads a token file again when what it read is a minute old, since the kubelet
/// and others replace tokens before they expire.
final class CredentialSource: Sendable {
  private static let maxAge = Duration.seconds(60)

  private let credential: ClientConfiguration.Credential
  private let clock: ErasedClock
  private let cached = Mutex<(token: String, readAt: Duration)?>(nil)

  init(_ credential: ClientConfiguration.Credential, clock: some Clock<Duration>) {
    self.credential = credential
    self.clock = ErasedClock(clock)
  }

  /// - Throws: ``KubernetesError`` with `configuration` where a token file cannot be read and none was read before.
  func bearerToken(operation: String) throws -> String? {
    switch credential {
    case .none: nil
    case .token(let token): token
    case .renewed(let token): token.value
    case .tokenFile(let path): try token(at: path, operation: operation)
    }
  }

  private func token(at path: String, operation: String) throws -> String {
    try cached.withLock { cached in
      let now = clock.now
      if let cached, now - cached.readAt < Self.maxAge { return cached.token }
      let text = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
      if let text, !text.isEmpty {
        cached = (text, now)
        return text
      }
      // A file that is being replaced may be missing for a moment; the old token is then still good.
      if let last = cached {
        cached = (last.token, now)
        return last.token
      }
      throw KubernetesError(
        code: .configuration, operation: operation, message: "the token file '\(path)' is missing, empty or unreadable")
    }
  }
}
