import KubernetesClient
import KubernetesModel

/// Creates an object under a name that was made beforehand: where the answer to a try is lost, the next one meets its object.
struct Creation<Object: Sendable>: Sendable {
  enum Outcome: Sendable {
    case created(Object)
    /// - Parameter isLater: An earlier try of this command had no answer, and may have made it.
    case exists(isLater: Bool)
    /// Nobody knows whether it was made.
    case unclear(KubernetesError)
  }

  static var tries: Int { 6 }

  var create: @Sendable () async throws -> Object
  var find: @Sendable () async throws -> Object
  /// Waits between two tries.
  var pause: @Sendable (Duration) async throws -> Void
  var note: @Sendable (String) -> Void

  /// - Throws: What the server said to the first try, where that made nothing.
  func run() async throws -> Outcome {
    var attempt = 1
    while true {
      do {
        return .created(try await create())
      } catch let error as KubernetesError where error.code == .alreadyExists {
        return .exists(isLater: attempt > 1)
      } catch let error as KubernetesError {
        guard [.connection, .timeout, .serverError, .tooManyRequests].contains(error.code) else {
          // An answer that cannot be read is an answer to a write all the same.
          guard attempt > 1 || [.decoding, .answerTooLarge].contains(error.code) else { throw error }
          return .unclear(error)
        }
        guard attempt < Self.tries else { return .unclear(error) }
        note("the API server: \(error.message); trying again under the same name")
        try await pause(error.retryAfter ?? .seconds(attempt))
      }
      attempt += 1
    }
  }
}

extension Session {
  func creation<Object: KubernetesObject>(of object: Object) -> Creation<Object> {
    Creation(
      create: { try await client.create(object) },
      find: { try await client.get(Object.self, name: object.key.name, namespace: namespace) },
      pause: { try await ContinuousClock().sleep(for: $0) },
      note: { console.note($0, .caution) })
  }
}
