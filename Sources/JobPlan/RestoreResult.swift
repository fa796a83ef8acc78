internal import Foundation
public import HoldfastAPI

/// What of a restore does not fit a termination message: the plan, object by object, and how far it is. Kept in a ConfigMap
/// that the executor writes and the operator reads.
public struct RestoreResult: Sendable, Hashable {
  /// Bytes of the plan as JSON; an API server stores little more in one object.
  public static let limit = 700_000
  static let planKey = "plan.json"
  static let progressKey = "progress.json"

  public struct Progress: Codable, Sendable, Hashable {
    public var done: Int64
    public var total: Int64
    public init(done: Int64, total: Int64) {
      self.done = done
      self.total = total
    }
  }

  public var plan: [RestoreRequest.PlannedAction]
  public var progress: Progress?

  public init(plan: [RestoreRequest.PlannedAction], progress: Progress? = nil) {
    self.plan = plan
    self.progress = progress
  }

  /// The data of a ConfigMap. Of a plan that is too long, what is skipped goes first, then the end.
  public func encoded() throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var shown: [RestoreRequest.PlannedAction] = []
    var bytes = 0
    let ordered = plan.filter { $0.action != "skip" } + plan.filter { $0.action == "skip" }
    for action in ordered {
      bytes += try encoder.encode(action).count + 1
      guard bytes <= Self.limit, shown.count < 9_999 else { break }
      shown.append(action)
    }
    if shown.count < plan.count {
      shown.append(
        RestoreRequest.PlannedAction(
          source: plan.first?.source ?? "", action: "warning", object: "the plan",
          detail: "\(plan.count - shown.count) more actions do not fit here; holdfast restore plan shows all"))
    }
    var data = [Self.planKey: String(decoding: try encoder.encode(shown), as: UTF8.self)]
    if let progress { data[Self.progressKey] = String(decoding: try encoder.encode(progress), as: UTF8.self) }
    return data
  }

  /// - Returns: nil where it is not what an executor writes.
  public init?(data: [String: String]) {
    let decoder = JSONDecoder()
    guard let text = data[Self.planKey],
      let plan = try? decoder.decode([RestoreRequest.PlannedAction].self, from: Data(text.utf8))
    else { return nil }
    self.plan = plan
    progress = data[Self.progressKey].flatMap { try? decoder.decode(Progress.self, from: Data($0.utf8)) }
  }
}
