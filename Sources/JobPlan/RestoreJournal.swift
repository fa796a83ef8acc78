internal import Foundation
public import HoldfastAPI
public import KubernetesModel

/// What the Job of a restore and the operator share beside the termination message, which is short and goes with the pod:
/// the plan, how far it is, what was begun, and the result. The data of a ConfigMap, written with its resource version.
///
/// The operator makes it, empty, before the Job. The Job's pod writes down each step before it begins it, and begins
/// nothing that it could not write down. The operator closes it before it judges a Job that left no result: what is not
/// written down by then can never begin.
public struct RestoreJournal: Sendable, Hashable {
  /// Bytes of the plan as JSON; an API server stores little more in one object.
  public static let planLimit = 700_000
  static let planKey = "plan.json"
  static let progressKey = "progress.json"
  static let begunKey = "begun.json"
  static let resultKey = "result.json"
  static let resultPodKey = "resultPod"
  static let closedKey = "closed"

  public struct Progress: Codable, Sendable, Hashable {
    public var done: Int64
    public var total: Int64
    public init(done: Int64, total: Int64) {
      self.done = done
      self.total = total
    }
  }

  /// A source whose restore was begun.
  public struct Begun: Codable, Sendable, Hashable {
    public var source: String
    public var pod: String
    public var time: Timestamp
    /// Doing it again is as good as doing it once: API objects are compared with what is there.
    public var isRepeatable: Bool
    /// When it had been done wholly.
    public var doneTime: Timestamp?

    public init(source: String, pod: String, time: Timestamp, isRepeatable: Bool) {
      self.source = source
      self.pod = pod
      self.time = time
      self.isRepeatable = isRepeatable
    }
  }

  /// Of the ConfigMap.
  public private(set) var data: [String: String]

  public init() { data = [Self.begunKey: "[]"] }

  /// - Returns: nil where it is not what the operator and executors write: then nothing can be said of the restore.
  public init?(data: [String: String]) {
    self.data = data
    guard decode([Begun].self, Self.begunKey) != nil else { return nil }
  }

  public var plan: [RestoreRequest.PlannedAction]? { decode([RestoreRequest.PlannedAction].self, Self.planKey) }
  public var progress: Progress? {
    get { decode(Progress.self, Self.progressKey) }
    set { encode(newValue, Self.progressKey) }
  }
  /// In the order in which they were begun.
  public var begun: [Begun] {
    get { decode([Begun].self, Self.begunKey) ?? [] }
    set { encode(newValue, Self.begunKey) }
  }
  /// Without its plan.
  public var result: ExecutorResult? { decode(ExecutorResult.self, Self.resultKey) }
  /// Nothing may begin any more.
  public var isClosed: Bool {
    get { data[Self.closedKey] != nil }
    set { data[Self.closedKey] = newValue ? "true" : nil }
  }

  public var doneSources: [String] { begun.filter { $0.doneTime != nil }.map(\.source) }

  /// Of a plan that is too long, what is skipped goes first, then the end.
  public mutating func setPlan(_ plan: [RestoreRequest.PlannedAction]) {
    var shown: [RestoreRequest.PlannedAction] = []
    var bytes = 0
    let ordered = plan.filter { $0.action != "skip" } + plan.filter { $0.action == "skip" }
    for action in ordered {
      bytes += ((try? Self.encoder.encode(action).count) ?? 0) + 1
      guard bytes <= Self.planLimit, shown.count < 9_999 else { break }
      shown.append(action)
    }
    if shown.count < plan.count {
      shown.append(
        RestoreRequest.PlannedAction(
          source: plan.first?.source ?? "", action: "warning", object: "the plan",
          detail: "\(plan.count - shown.count) more actions do not fit here; holdfast restore plan shows all"))
    }
    encode(shown, Self.planKey)
  }

  /// The pod that wrote the result.
  public var resultPod: String? { data[Self.resultPodKey] }

  public mutating func setResult(_ result: ExecutorResult, of pod: String) {
    data[Self.resultPodKey] = pod
    var result = result
    result.plan = nil
    encode(result, Self.resultKey)
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private mutating func encode(_ value: (some Encodable)?, _ key: String) {
    data[key] = value.flatMap { try? Self.encoder.encode($0) }.map { String(decoding: $0, as: UTF8.self) }
  }

  private func decode<Value: Decodable>(_ type: Value.Type, _ key: String) -> Value? {
    data[key].flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
  }
}
