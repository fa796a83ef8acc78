import Foundation
internal import HoldfastAPI
internal import JobPlan
internal import KubernetesClient
internal import KubernetesModel

/// The executor's side of a ``RestoreJournal``: it claims each step before the step begins, so that no step of a request
/// begins twice, whichever pods Kubernetes starts, and leaves the result where it outlives the pod.
///
/// Claims are written with the resource version of the journal in which there were none: of two pods one wins.
public actor RestoreJournalWriter {
  private static let interval: TimeInterval = 3

  private let client: KubernetesClient
  private let name: String
  private let namespace: String
  private let pod: String
  private let now: @Sendable () -> Date
  private var lastWrite = Date.distantPast

  init(
    client: KubernetesClient, namespace: String, job: String, pod: String,
    now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.client = client
    self.namespace = namespace
    name = ObjectNames.result(job: job)
    self.pod = pod
    self.now = now
  }

  /// Before anything else.
  /// - Throws: ``RunFailure`` where there is no journal, or where another pod has begun what only one may.
  func open() async throws {
    let journal = try await read().journal
    if let begun = journal.begun.first(where: { !$0.isRepeatable && $0.pod != pod }) { throw alreadyBegun(begun) }
    if journal.isClosed { throw closed }
  }

  /// Claims a step. When it returns, this pod alone may do the step, and others know.
  /// - Throws: ``RunFailure``: the step must not begin.
  func begin(_ source: String, isRepeatable: Bool) async throws {
    let claim = RestoreJournal.Begun(
      source: source, pod: pod, time: Timestamp(now()), isRepeatable: isRepeatable)
    do {
      try await update { journal in
        guard let earlier = journal.begun.firstIndex(where: { $0.source == source }) else {
          if journal.isClosed { throw self.closed }
          journal.begun.append(claim)
          return
        }
        // Of a write whose answer was lost: the claim is ours all the same.
        if journal.begun[earlier].pod == self.pod { return }
        guard isRepeatable, journal.begun[earlier].isRepeatable else { throw self.alreadyBegun(journal.begun[earlier]) }
        if journal.isClosed { throw self.closed }
        journal.begun[earlier] = claim
      }
    } catch var failure as RunFailure {
      failure.source = source
      throw failure
    }
  }

  /// What is not written down here is only less well known later.
  func done(_ source: String) async {
    let time = Timestamp(now())
    try? await update { journal in
      guard let index = journal.begun.lastIndex(where: { $0.source == source && $0.pod == self.pod }) else { return }
      journal.begun[index].doneTime = time
    }
  }

  func write(_ plan: [RestoreRequest.PlannedAction]) async {
    try? await update { $0.setPlan(plan) }
  }

  /// At most every few seconds, and at the end.
  func write(done: Int, total: Int) async {
    let time = now()
    guard done == total || time.timeIntervalSince(lastWrite) >= Self.interval else { return }
    lastWrite = time
    try? await update { $0.progress = .init(done: Int64(done), total: Int64(total)) }
  }

  func write(_ result: ExecutorResult) async {
    try? await update { journal in
      // Of two pods the one that was first to end has told how the Job ends.
      guard journal.resultPod == nil || journal.resultPod == self.pod else { return }
      journal.setResult(result, of: self.pod)
    }
  }

  // MARK: The ConfigMap

  private func update(_ change: (inout RestoreJournal) throws -> Void) async throws {
    for attempt in 1... {
      var (map, journal) = try await read()
      try change(&journal)
      guard journal.data != map.data else { return }
      map.data = journal.data
      do {
        _ = try await client.update(map)
        return
      } catch let error as KubernetesError where error.code == .conflict && attempt < 20 {
        continue
      } catch {
        // The write may have been done and its answer lost: what stands there decides.
        if try await read().journal.data == journal.data { return }
        throw failure("cannot be written: \(error)", error)
      }
    }
  }

  private func read() async throws -> (map: ConfigMap, journal: RestoreJournal) {
    let map: ConfigMap
    do {
      map = try await client.get(ConfigMap.self, name: name, namespace: namespace)
    } catch {
      throw failure("cannot be read: \(error)", error)
    }
    guard let journal = RestoreJournal(data: map.data ?? [:]) else {
      throw failure("holds what no operator wrote; create a new RestoreRequest", nil)
    }
    return (map, journal)
  }

  private func failure(_ message: String, _ cause: (any Error)?) -> RunFailure {
    RunFailure(
      step: .restore, reason: .restoreFailed,
      message: "ConfigMap \(name), where each step is claimed before it begins, \(message)", cause: cause)
  }

  private var closed: RunFailure {
    RunFailure(
      step: .restore, reason: .interrupted,
      message: "the operator has given this Job up (ConfigMap \(name) is closed), and nothing may begin any more")
  }

  private func alreadyBegun(_ begun: RestoreJournal.Begun) -> RunFailure {
    RunFailure(
      step: .restore, reason: .outcomeUnknown,
      message: "pod \(begun.pod) began to restore \(begun.source) at \(begun.time), and this pod does not do it again; "
        + "look at the destination, and at that pod's log",
      source: begun.source, isOutcomeUnknown: true)
  }
}
