import HoldfastAPI
import KubernetesClient
import KubernetesModel
import Testing

@testable import KubectlPlugin

/// A server that answers each try as it was told, and may keep the object without saying so.
private actor Server {
  var stored: RestoreRequest?
  private var answers: [KubernetesError.Code]
  private let isKept: Bool
  private(set) var tries = 0

  init(stored: RestoreRequest? = nil, _ answers: [KubernetesError.Code], isKept: Bool = false) {
    self.stored = stored
    self.answers = answers
    self.isKept = isKept
  }

  func create(_ request: RestoreRequest) throws -> RestoreRequest {
    tries += 1
    if !answers.isEmpty {
      if isKept, stored == nil { stored = request }
      throw KubernetesError(code: answers.removeFirst(), operation: "create", message: "the line broke")
    }
    guard stored == nil else { throw KubernetesError(code: .alreadyExists, operation: "create", message: "exists") }
    stored = request
    return request
  }

  func find() throws -> RestoreRequest {
    guard let stored else { throw KubernetesError(code: .notFound, operation: "get", message: "gone") }
    return stored
  }
}

@Suite struct RestoreStarterTests {
  private let request = RestoreRequest(
    metadata: ObjectMeta(name: "bao-restore-x7k2p", namespace: "openbao"),
    spec: .init(from: .init(latest: .init(policyRef: NameReference(name: "bao"), before: noon))))

  private func start(_ server: Server, isNamed: Bool = false) async throws -> RestoreRequest {
    let request = request
    return try await RestoreStarter(
      request: request, isNamed: isNamed,
      creation: Creation(
        create: { try await server.create(request) }, find: { try await server.find() }, pause: { _ in },
        note: { _ in })
    ).create()
  }

  @Test(arguments: [KubernetesError.Code.connection, .timeout, .serverError, .tooManyRequests])
  func aLostAnswerMakesNoSecondRestore(_ code: KubernetesError.Code) async throws {
    let server = Server([code], isKept: true)
    #expect(try await start(server).key.name == "bao-restore-x7k2p")
    #expect(await server.tries == 2)
  }

  @Test func whatWasNotKeptIsCreatedByTheNextTry() async throws {
    let server = Server([.connection, .serverError])
    #expect(try await start(server) == request)
    #expect(await server.tries == 3)
  }

  @Test func whoGivesUpNamesTheRequestAndWhereToLook() async throws {
    let server = Server(Array(repeating: .timeout, count: 20), isKept: true)
    let failure = await #expect(throws: PluginFailure.self) { try await start(server) }
    let text = try #require(failure?.lines.joined(separator: "\n"))
    #expect(text.contains("whether RestoreRequest bao-restore-x7k2p was created"))
    #expect(text.contains("before you try again: kubectl holdfast restore status bao-restore-x7k2p -n openbao"))
    #expect(text.contains("with --name bao-restore-x7k2p") && !text.contains("run the command again"))
    #expect(await server.tries == Creation<RestoreRequest>.tries)
  }

  /// A refusal after a lost answer does not say what became of the first try.
  @Test func aLaterRefusalNamesTheRequestToo() async {
    let failure = await #expect(throws: PluginFailure.self) {
      try await start(Server([.connection, .unauthorized], isKept: true))
    }
    #expect(failure?.remedy?.contains("restore status bao-restore-x7k2p -n openbao") == true)
  }

  @Test func aRefusalOfTheFirstTryIsToldAsItIs() async {
    let server = Server([.forbidden])
    let error = await #expect(throws: KubernetesError.self) { try await start(server) }
    #expect(error?.code == .forbidden)
    #expect(await server.tries == 1)
  }

  @Test func anotherRequestOfThatNameIsNotOurs() async {
    var other = request
    other.spec.force = true
    for answers in [[], [KubernetesError.Code.connection]] {
      let failure = await #expect(throws: PluginFailure.self) { try await start(Server(stored: other, answers)) }
      #expect(failure?.message.contains("there is a RestoreRequest bao-restore-x7k2p") == true)
    }
  }

  /// With a name of a person's own, an earlier restore may have been the same: its end is not this one's.
  @Test func anEndedRestoreOfAChosenNameIsNotOurs() async throws {
    var ended = request
    ended.status = .init(phase: .completed)
    let stored = ended
    await #expect(throws: PluginFailure.self) {
      try await start(Server(stored: stored, [.connection]), isNamed: true)
    }
    #expect(try await start(Server([.connection], isKept: true), isNamed: true) == request)
  }
}
