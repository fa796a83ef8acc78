import Foundation
import SnapshotSource

/// Names of snapshots beside a controller's database: `<database>.holdfast-snapshot-20261121T030000Z-k3x9ab`.
///
/// Only what has such a name is ever removed, and of other runs only what is old.
enum SnapshotName {
  private static let mark = ".holdfast-snapshot-"
  /// Seconds after which a copy is a left-over: no run takes so long between the snapshot and its removal.
  static let leftOverAge: TimeInterval = 6 * 3600
  /// The controller replaces these anywhere in a path. (controller/storage/boltz/db.go, controller/network/network.go)
  private static let placeholders = ["DATE", "TIME", "DB_DIR", "DB_FILE", "RAFT_INDEX"]

  static func make(beside database: String, now: Date, random: String) throws -> String {
    let (folder, file) = split(database)
    let path = "\(folder)\(file)\(mark)\(timestamp(now))-\(random)"
    guard let word = placeholders.first(where: path.contains) else { return path }
    throw SnapshotSourceError(
      .configuration, operation: "snapshot of \(database)",
      message: "the controller would replace \(word) in the snapshot's path \(path); keep the database in a folder "
        + "without that word, or set snapshotPath")
  }

  /// Whether `file` is a copy that an earlier run of anybody left beside the database.
  static func isLeftOver(_ file: String, of database: String, now: Date) -> Bool {
    let start = split(database).file + mark
    guard file.hasPrefix(start) else { return false }
    let rest = file.dropFirst(start.count).split(separator: "-", omittingEmptySubsequences: false)
    guard rest.count == 2, rest[1].count == 6, rest[1].allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber) }),
      let made = date(String(rest[0]))
    else { return false }
    return now.timeIntervalSince(made) > leftOverAge
  }

  /// Whether `file` is what the edge API's snapshot is called, which names no file: `<database>-20261121-030000`.
  static func isControllersOwn(_ file: String, of database: String) -> Bool {
    let start = split(database).file + "-"
    guard file.hasPrefix(start) else { return false }
    let parts = file.dropFirst(start.count).split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].count == 8 && parts[1].count == 6
      && parts.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isNumber } }
  }

  /// The folder with its slash, and the file's name.
  static func split(_ path: String) -> (folder: String, file: String) {
    guard let slash = path.lastIndex(of: "/") else { return ("", path) }
    return (String(path[...slash]), String(path[path.index(after: slash)...]))
  }

  static func timestamp(_ date: Date) -> String {
    date.formatted(
      Date.ISO8601FormatStyle(dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted))
  }

  private static func date(_ text: String) -> Date? {
    let format = Date.ISO8601FormatStyle(
      dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted)
    return try? format.parse(text)
  }
}
