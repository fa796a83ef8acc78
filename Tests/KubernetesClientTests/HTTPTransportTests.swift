import Foundation
import KubernetesClient
import KubernetesModel
import KubernetesTestKit
import NIOSSL
import Testing

/// Against a real socket.
struct HTTPTransportTests {
  private let request = try! Request.get(ConfigMap.resource, name: "a", namespace: "n")
  private let watch = try! Request.watch(ConfigMap.resource, namespace: "n")

  private func expect(
    _ code: KubernetesError.Code, limits: HTTPTransport.Limits = .init(), steps: [ScriptedServer.Step],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await ScriptedServer.run(script: { _, _ in steps }) { server in
      try await withTransport(ClientConfiguration(server: server.url), limits: limits) { transport in
        let error = await #expect(throws: KubernetesError.self, sourceLocation: sourceLocation) {
          _ = try await transport.send(request)
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
        #expect(error?.operation == "get configmaps n/a", sourceLocation: sourceLocation)
      }
    }
  }

  @Test func requestsCarryTheirHeaders() async throws {
    try await ScriptedServer.run(script: { _, _ in [.json("{}")] }) { server in
      var configuration = ClientConfiguration(server: server.url + "/prefix/", credential: .token("t1"))
      configuration.userAgent = "me/1"
      try await withTransport(configuration) { transport in
        let post = try Request.create(ConfigMap.resource, ["metadata": ["name": "a"]], namespace: "n")
        #expect(try await transport.send(post).status == 200)
      }
      let head = try #require(server.requests.first).lowercased()
      #expect(head.hasPrefix("post /prefix/api/v1/namespaces/n/configmaps http/1.1"))
      for line in ["authorization: bearer t1", "user-agent: me/1", "content-type: application/json"] {
        #expect(head.contains(line))
      }
    }
  }

  @Test func silentServersTimeOut() async throws {
    try await expect(.timeout, limits: .init(request: .milliseconds(200)), steps: [.hang])
    // Also in the middle of a body.
    try await expect(
      .timeout, limits: .init(request: .milliseconds(200)),
      steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), .hang])
  }

  @Test func brokenAnswersAreConnectionFailures() async throws {
    try await expect(.connection, steps: [.close])
    try await expect(.connection, steps: [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), .close])
    try await expect(.connection, steps: [.send("nonsense\r\n\r\n"), .close])
  }

  @Test func hugeAnswersAreCutOff() async throws {
    try await expect(
      .answerTooLarge, limits: .init(bodySize: 1_000), steps: [.json(String(repeating: "x", count: 5_000))])
  }

  @Test func refusedConnectionsAreReportedAtOnce() async throws {
    let port = try await ScriptedServer.run(script: { _, _ in [] }) { server in server.port }
    try await withTransport(ClientConfiguration(server: "http://127.0.0.1:\(port)")) { transport in
      let error = await #expect(throws: KubernetesError.self) { _ = try await transport.send(request) }
      #expect(error?.code == .connection)
    }
  }

  @Test func cancelledCallsEndWithCancellation() async throws {
    try await ScriptedServer.run(script: { _, _ in [.hang] }) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        await #expect(throws: CancellationError.self) {
          try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await transport.send(request) }
            try await eventually { !server.requests.isEmpty }
            group.cancelAll()
            try await group.next()
          }
        }
      }
    }
  }

  @Test func halfALineAtTheEndOfAWatchIsNoEvent() async throws {
    let event = #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"}}}"#
    let script: [ScriptedServer.Step] = [.chunks(event + "\n", String(event.prefix(30)), last: true)]
    try await ScriptedServer.run(script: { _, _ in script }) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        let events = Recorded<WatchEvent>()
        try await KubernetesClient(transport: transport).watch(ConfigMap.resource) { events.append($0) }
        #expect(events.count == 1)
      }
    }
  }

  @Test func aWatchThatIsCutFailsAfterItsEvents() async throws {
    let event = #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"}}}"# + "\n"
    try await ScriptedServer.run(script: { _, _ in [.chunks(event), .close] }) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        let events = Recorded<WatchEvent>()
        let error = await #expect(throws: KubernetesError.self) {
          try await KubernetesClient(transport: transport).watch(ConfigMap.resource) { events.append($0) }
        }
        #expect(error?.code == .connection)
        #expect(events.count == 1)
      }
    }
  }

  @Test func watchesThatAreRefusedCarryTheStatus() async throws {
    let body = #"{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}"#
    try await ScriptedServer.run(script: { _, _ in [.json(body, status: "410 Gone")] }) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        let error = await #expect(throws: KubernetesError.self) {
          try await KubernetesClient(transport: transport).watch(ConfigMap.resource) { _ in }
        }
        #expect(error?.code == .gone && error?.message == "too old resource version")
      }
    }
  }

  @Test func silentWatchesEnd() async throws {
    try await ScriptedServer.run(script: { _, _ in [.chunks("{}\n"), .hang] }) { server in
      let limits = HTTPTransport.Limits(idle: .milliseconds(200))
      try await withTransport(ClientConfiguration(server: server.url), limits: limits) { transport in
        let error = await #expect(throws: KubernetesError.self) {
          try await transport.stream(watch) { response in for try await _ in response.body {} }
        }
        #expect(error?.code == .timeout)
        // The connection is given up, not kept for others.
        try await eventually { server.closedConnections == 1 }
      }
    }
  }

  @Test func errorsOfTheConsumerComeThroughAsTheyAre() async throws {
    struct Mine: Error {}
    try await ScriptedServer.run(script: { _, _ in [.chunks("{}\n"), .hang] }) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        await #expect(throws: Mine.self) {
          try await transport.stream(watch) { response in for try await _ in response.body { throw Mine() } }
        }
        try await eventually { server.closedConnections == 1 }
      }
    }
  }

  @Test func manyWatchesDoNotStarveOtherCalls() async throws {
    let script: @Sendable (String, Int) -> [ScriptedServer.Step] = { head, _ in
      head.contains("watch=true") ? [.chunks("{}\n"), .hang] : [.json("{}")]
    }
    try await ScriptedServer.run(script: script) { server in
      try await withTransport(ClientConfiguration(server: server.url)) { transport in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<20 {
            group.addTask { try await transport.stream(watch) { for try await _ in $0.body {} } }
          }
          try await eventually { server.requests.count == 20 }
          #expect(try await transport.send(request).status == 200)
          group.cancelAll()
          while let result = await group.nextResult() {
            #expect(throws: CancellationError.self) { try result.get() }
          }
        }
      }
    }
  }

  @Test func tokenFilesAreReadAgainAfterAMinute() async throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("one\n", to: "token")
    let clock = ManualClock()
    try await ScriptedServer.run(script: { _, _ in [.json("{}")] }) { server in
      let configuration = ClientConfiguration(server: server.url, credential: .tokenFile(path))
      let transport = try HTTPTransport(configuration: configuration, clock: clock)
      func token() async throws -> String? {
        _ = try await transport.send(request)
        return server.requests.last?.split(separator: "\r\n").first { $0.hasPrefix("Authorization") }.map(String.init)
      }
      #expect(try await token() == "Authorization: Bearer one")
      try directory.write("two", to: "token")
      clock.advance(by: .seconds(59))
      #expect(try await token() == "Authorization: Bearer one")
      clock.advance(by: .seconds(1))
      #expect(try await token() == "Authorization: Bearer two")
      // A moment without the file, as a replacement may make, does no harm.
      try FileManager.default.removeItem(atPath: path)
      clock.advance(by: .seconds(61))
      #expect(try await token() == "Authorization: Bearer two")
      try await transport.shutdown()
    }
  }

  @Test func missingTokenFilesAreNamed() async throws {
    try await withTransport(ClientConfiguration(server: "http://127.0.0.1:1", credential: .tokenFile("/nowhere/token")))
    {
      let error = await #expect(throws: KubernetesError.self) { [transport = $0] in
        _ = try await transport.send(request)
      }
      #expect(error?.code == .configuration && error?.message.contains("/nowhere/token") == true)
    }
  }

  @Test(arguments: ["", "10.0.0.1:6443", "ftp://a", "https://", "https:// bad"])
  func uselessServersAreRefused(server: String) {
    #expect(throws: KubernetesError.self) { try HTTPTransport(configuration: ClientConfiguration(server: server)) }
  }
}

/// TLS, with the certificates of `Fixtures`.
struct HTTPTransportTLSTests {
  private let request = try! Request.get(ConfigMap.resource, name: "a", namespace: "n")

  private func serverTLS(certificate: String, clientCertificates: Bool) throws -> TLSConfiguration {
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(Fixtures.path(certificate)).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: Fixtures.path("server.key"), format: .pem)))
    if clientCertificates {
      tls.certificateVerification = .noHostnameVerification
      tls.trustRoots = .file(Fixtures.path("ca.pem"))
    }
    return tls
  }

  private func run(
    certificate: String = "server.pem", clientCertificates: Bool = false,
    _ change: @Sendable (inout ClientConfiguration) throws -> Void
  ) async throws -> Int {
    let tls = try serverTLS(certificate: certificate, clientCertificates: clientCertificates)
    let answer: @Sendable (String, String) -> ExecServer.Answer? = { _, uri in uri.contains("/exec") ? nil : .init("{}")
    }
    return try await ExecServer.run(tls: tls, answer: answer, handle: { try await $1.exit(5) }) { server in
      var configuration = ClientConfiguration(server: "https://127.0.0.1:\(server.port)")
      try change(&configuration)
      return try await withTransport(configuration) { transport in
        // WebSockets are opened by other code, which has to trust and refuse the same.
        let exec: KubernetesError?
        do {
          let client = KubernetesClient(transport: transport)
          #expect(try await client.exec(pod: "p", command: ["true"]) { _ in }.exitCode == 5)
          exec = nil
        } catch let error as KubernetesError {
          exec = error
        }
        do {
          let status = try await transport.send(request).status
          #expect(exec == nil)
          return status
        } catch let error as KubernetesError {
          #expect(exec?.code == error.code)
          #expect(exec?.message.contains("TLS failed") == true, "\(exec.map(\.message) ?? "")")
          throw error
        }
      }
    }
  }

  @Test func givenAuthorityIsTrusted() async throws {
    #expect(try await run { $0.certificateAuthority = try Fixtures.data("ca.pem") } == 200)
  }

  @Test func unknownAuthorityIsNot() async throws {
    let error = await #expect(throws: KubernetesError.self) { _ = try await run { _ in } }
    #expect(error?.code == .connection && error?.message.contains("certificate authority") == true)
  }

  @Test func verificationCanBeSkipped() async throws {
    #expect(try await run { $0.insecureSkipTLSVerify = true } == 200)
  }

  @Test func serverNameCanDifferFromItsAddress() async throws {
    #expect(
      try await run(certificate: "named.pem") {
        $0.certificateAuthority = try Fixtures.data("ca.pem")
        $0.tlsServerName = "api.test"
      } == 200)
  }

  @Test(arguments: [nil, "other.test"]) func anotherNameIsRefused(name: String?) async throws {
    await #expect(throws: KubernetesError.self) {
      _ = try await run(certificate: "named.pem") {
        $0.certificateAuthority = try Fixtures.data("ca.pem")
        $0.tlsServerName = name
      }
    }
  }

  @Test func clientCertificatesArePresented() async throws {
    #expect(
      try await run(clientCertificates: true) {
        $0.certificateAuthority = try Fixtures.data("ca.pem")
        $0.clientCertificate = .init(
          certificateChain: try Fixtures.data("client.pem"), privateKey: try Fixtures.data("client.key"))
      } == 200)
    await #expect(throws: KubernetesError.self) {
      _ = try await run(clientCertificates: true) { $0.certificateAuthority = try Fixtures.data("ca.pem") }
    }
  }

  @Test func brokenCertificatesAreNamed() {
    let error = #expect(throws: KubernetesError.self) {
      try HTTPTransport(
        configuration: ClientConfiguration(
          server: "https://a", clientCertificate: .init(certificateChain: Data("x".utf8), privateKey: Data("y".utf8))))
    }
    #expect(error?.code == .configuration && error?.message.contains("client certificate") == true)
  }
}
