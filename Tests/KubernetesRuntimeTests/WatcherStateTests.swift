import KubernetesClient
import KubernetesModel
import KubernetesRuntime
import Testing

/// The transitions, driven with made-up events.
struct WatcherStateTests {
  private func object(_ name: String, _ version: Int) -> JSONValue {
    ["metadata": ["name": .string(name), "namespace": "n", "resourceVersion": .string(String(version))]]
  }

  private func page(_ items: [JSONValue], version: String = "10", next: String? = nil) -> WatcherState.Input {
    .page(ObjectList(metadata: ListMeta(resourceVersion: version, continue: next), items: items))
  }

  private func error(_ code: KubernetesError.Code, cause: String? = nil) -> KubernetesError {
    KubernetesError(
      code: code, operation: "test", message: "test",
      status: APIStatus(details: StatusDetails(causes: cause.map { [StatusCause(reason: $0)] })))
  }

  private func words(_ actions: [WatcherState.Action]) -> [String] {
    actions.map { action in
      switch action {
      case .collect(let objects, let isFirst):
        "\(isFirst ? "first" : "next") \(objects.compactMap(\.name).joined(separator: ","))"
      case .emitRestart: "restart"
      case .emitApplied(let object): "applied \(object.name ?? "")"
      case .emitDeleted(let object): "deleted \(object.name ?? "")"
      case .backOff(let failures): "back off \(failures)"
      case .report(let error): "report \(error.code)"
      }
    }
  }

  private func watching() -> WatcherState {
    var state = WatcherState.initial
    _ = state.handle(page([]))
    return state
  }

  @Test func listsAllPagesBeforeItTells() {
    var state = WatcherState.initial
    #expect(state.call == .list(continueToken: nil, isPaginated: true))
    #expect(words(state.handle(page([object("a", 1)], next: "t"))) == ["first a"])
    #expect(state.call == .list(continueToken: "t", isPaginated: true))
    #expect(words(state.handle(page([object("b", 2)], version: "12"))) == ["next b", "restart"])
    #expect(state.call == .watch(resourceVersion: "12"))
  }

  @Test func anExpiredPageStartsOverAndThenReadsAtOnce() {
    var state = WatcherState.initial
    _ = state.handle(page([object("a", 1)], next: "t"))
    #expect(words(state.handle(.listFailed(error(.gone)))) == ["report gone", "back off 1"])
    #expect(state.call == .list(continueToken: nil, isPaginated: false))
    #expect(words(state.handle(page([object("b", 2)]))) == ["first b", "restart"])
  }

  @Test func failedListsBackOffFurtherAndFurther() {
    var state = WatcherState.initial
    #expect(words(state.handle(.listFailed(error(.serverError)))) == ["report serverError", "back off 1"])
    #expect(words(state.handle(.listFailed(error(.forbidden)))) == ["report forbidden", "back off 2"])
    #expect(state.call == .list(continueToken: nil, isPaginated: true))
  }

  @Test func eventsMoveTheVersion() {
    var state = watching()
    #expect(words(state.handle(.event(.added(object("a", 11))))) == ["applied a"])
    #expect(state.call == .watch(resourceVersion: "11"))
    #expect(words(state.handle(.event(.modified(object("a", 12))))) == ["applied a"])
    #expect(words(state.handle(.event(.deleted(object("a", 13))))) == ["deleted a"])
    #expect(words(state.handle(.event(.bookmark(resourceVersion: "40")))).isEmpty)
    #expect(words(state.handle(.event(.unknown("NEW")))).isEmpty)
    #expect(state.call == .watch(resourceVersion: "40"))
  }

  @Test func anObjectWithoutAVersionDoesNotLoseThePlace() {
    var state = watching()
    _ = state.handle(.event(.added(["metadata": ["name": "odd"]])))
    #expect(state.call == .watch(resourceVersion: "10"))
  }

  @Test func anOrderlyEndGoesOnAtOnceFromTheSamePlace() {
    var state = watching()
    _ = state.handle(.event(.bookmark(resourceVersion: "40")))
    #expect(words(state.handle(.watchEnded(error: nil, after: .seconds(290)))).isEmpty)
    #expect(state.call == .watch(resourceVersion: "40"))
  }

  @Test func watchesThatEndAtOnceBackOffEvenAfterAnEvent() {
    var state = watching()
    for _ in 0..<5 {
      _ = state.handle(.event(.bookmark(resourceVersion: "40")))
      #expect(words(state.handle(.watchEnded(error: nil, after: .milliseconds(1)))) == ["back off 1"])
    }
    #expect(state.call == .watch(resourceVersion: "40"))
  }

  @Test func anExpiredVersionListsAgain() {
    var state = watching()
    #expect(
      words(state.handle(.watchEnded(error: error(.gone), after: .seconds(9)))) == ["report gone", "back off 1"])
    #expect(state.call == .list(continueToken: nil, isPaginated: true))
    // Objects that vanished meanwhile are told by their absence.
    #expect(words(state.handle(page([object("b", 50)], version: "50"))) == ["first b", "restart"])
  }

  @Test func aVersionFromTheFutureListsAgain() {
    var state = watching()
    _ = state.handle(.watchEnded(error: error(.timeout, cause: "ResourceVersionTooLarge"), after: .seconds(3)))
    #expect(state.call == .list(continueToken: nil, isPaginated: true))
  }

  @Test func expiredVersionsInARowBackOffFurther() {
    var state = watching()
    var waits: [String] = []
    for _ in 0..<3 {
      waits += words(state.handle(.watchEnded(error: error(.gone), after: .zero))).suffix(1)
      _ = state.handle(page([]))
    }
    #expect(waits == ["back off 1", "back off 2", "back off 3"])
  }

  @Test func threeFailedWatchesListAgain() {
    var state = watching()
    for count in 1...2 {
      #expect(
        words(state.handle(.watchEnded(error: error(.connection), after: .zero))) == [
          "report connection", "back off \(count)",
        ])
      #expect(state.call == .watch(resourceVersion: "10"))
    }
    _ = state.handle(.watchEnded(error: error(.connection), after: .zero))
    #expect(state.call == .list(continueToken: nil, isPaginated: true))
  }

  @Test func anEventEndsARowOfFailures() {
    var state = watching()
    for _ in 0..<10 {
      _ = state.handle(.watchEnded(error: error(.connection), after: .zero))
      _ = state.handle(.watchEnded(error: error(.connection), after: .zero))
      _ = state.handle(.event(.bookmark(resourceVersion: "11")))
    }
    #expect(state.call == .watch(resourceVersion: "11"))
    #expect(words(state.handle(.watchEnded(error: error(.serverError), after: .seconds(1)))).last == "back off 1")
  }

  @Test func waitsDoubleUpToTheirCap() {
    let backoff = Backoff(base: .milliseconds(500), cap: .seconds(15), jitter: 0.5)
    let longest = (0...8).map { backoff.delay(afterFailures: $0, random: 0) }
    #expect(
      longest == [
        .zero, .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(15), .seconds(15),
        .seconds(15),
      ])
    #expect(backoff.delay(afterFailures: 1, random: 0.999_999) > .milliseconds(249))
    #expect(backoff.delay(afterFailures: 10_000, random: 0) == .seconds(15))
  }
}
