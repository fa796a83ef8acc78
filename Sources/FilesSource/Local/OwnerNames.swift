import Foundation

/// Names of users and groups of this machine, from `/etc/passwd` and `/etc/group` alone: a static program has no other way
/// to ask.
struct OwnerNames: Sendable {
  private let users: [Int64: String]
  private let groups: [Int64: String]

  /// Of an archive whose owners are numbers only.
  static let none = OwnerNames(passwd: "", group: "")

  static func ofThisMachine() -> OwnerNames {
    func text(_ path: String) -> String {
      guard let handle = FileHandle(forReadingAtPath: path) else { return "" }
      defer { try? handle.close() }
      return String(decoding: (try? handle.read(upToCount: 4 << 20)) ?? Data(), as: UTF8.self)
    }
    return OwnerNames(passwd: text("/etc/passwd"), group: text("/etc/group"))
  }

  init(passwd: String, group: String) {
    users = Self.parse(passwd)
    groups = Self.parse(group)
  }

  func user(_ id: Int64) -> String { users[id] ?? "" }
  func group(_ id: Int64) -> String { groups[id] ?? "" }

  /// Lines `name:password:number:…`; the first one of a number counts.
  private static func parse(_ text: String) -> [Int64: String] {
    var names: [Int64: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      guard fields.count >= 3, let number = Int64(fields[2]), names[number] == nil else { continue }
      names[number] = String(fields[0])
    }
    return names
  }
}
