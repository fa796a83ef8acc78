import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import KubernetesTestKit
import Logging
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

func configMap(_ name: String, labels: [String: String]? = nil, data: [String: String]? = nil) -> ConfigMap {
  ConfigMap(metadata: ObjectMeta(name: name, namespace: "n", labels: labels), data: data)
}

func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "n", name: name) }

/// Runs loops beside `body` and cancels them when it ends.
func beside<Value>(
  _ loops: [@Sendable () async throws -> Void], isolation: isolated (any Actor)? = #isolation,
  _ body: () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for loop in loops {
      group.addTask {
        do { try await loop() } catch is CancellationError {}
      }
    }
    defer { group.cancelAll() }
    return try await body()
  }
}
