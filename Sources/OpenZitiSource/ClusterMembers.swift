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
    return rows.filter { $0.count == head.count && $0 != head }.map {
      Member(id: $0[id], address: $0[address], isLeader: $0[leader].lowercased() == "true")
    }
  }
}
