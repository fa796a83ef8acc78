import Foundation

/// Reads what `ziti agent cluster list` prints: a table with a row for each controller.
///
///     │ ID    │ ADDRESS                │ VOTER │ LEADER │ VERSION │ CONNECTED │
///     │ ctrl1 │ tls:ctrl1.ziti.svc:6262│ true  │ true   │ v1.6.0  │ true      │
enum ClusterMembers {
  struct Member: Sendable, Hashable {
    var id: String
    var address: String
    var isLeader: Bool
    /// For example `v1.6.0`; nil where the table has no such column.
    var version: String?
  }

  static func parse(_ text: String) -> [Member] {
    let rows = text.split(whereSeparator: \.isNewline).map { line in
      line.split(separator: "│", omittingEmptySubsequences: false).dropFirst().dropLast().map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    guard let head = rows.first(where: { $0.contains { $0.uppercased() == "LEADER" } }) else { return [] }
    func column(_ name: String) -> Int? { head.firstIndex { $0.uppercased() == name } }
    guard let id = column("ID"), let address = column("ADDRESS"), let leader = column("LEADER") else { return [] }
    let version = column("VERSION")
    return rows.filter { $0.count == head.count && $0 != head }.map { row in
      Member(
        id: row[id], address: row[address], isLeader: row[leader].lowercased() == "true",
        version: version.map { row[$0] })
    }
  }
}
