public import KubernetesClient

extension KubernetesClient {
  /// As ``KubernetesClient/withClient(configuration:retry:isolation:_:)``, with each try counted by ``MetricsTransport``.
  public static func withMeteredClient<Value: Sendable>(
    configuration: ClientConfiguration, retry: RetryPolicy = RetryPolicy(),
    isolation: isolated (any Actor)? = #isolation, _ body: (KubernetesClient) async throws -> Value
  ) async throws -> Value {
    let http = try HTTPTransport(configuration: configuration)
    let client = KubernetesClient(
      transport: RetryingTransport(MetricsTransport(http), policy: retry),
      defaultNamespace: configuration.defaultNamespace)
    do {
      let value = try await body(client)
      try await http.shutdown()
      return value
    } catch {
      try? await http.shutdown()  // The first error is the one that tells something.
      throw error
    }
  }
}
