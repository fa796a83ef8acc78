/// One metric of the operator, as `docs/metrics.md` lists it and as a scrape describes it.
public struct MetricDescription: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable {
    case counter, gauge, histogram
  }

  /// The full name, prefix and unit included.
  public let name: String
  public let kind: Kind
  /// The names of its labels, `le` of a histogram left out.
  public let labels: [String]
  /// One sentence without markup.
  public let help: String

  init(_ name: String, _ kind: Kind, _ labels: [String], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }

  init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }
}
