/// The first of many lines, and how many there were: of a thousand of them little is held.
struct FirstLines: Sendable {
  static let limit = 10

  private var first: [String] = []
  private var count = 0

  mutating func add(_ line: String) {
    count += 1
    if first.count < Self.limit { first.append(line) }
  }

  /// - Parameter hint: Said behind the count of those that are left out.
  func lines(hint: String = "") -> [String] {
    count > first.count ? first + ["and \(count - first.count) more\(hint)"] : first
  }
}
