import SnapshotSource
import Tar

/// Counts what goes into the archive, and keeps what people have to know. Its size does not grow with the capture's.
struct CaptureTally {
  /// Names, of which the first are kept.
  struct Names {
    private static let limit = 10
    private(set) var count = 0
    private(set) var first: [String] = []

    mutating func add(_ name: [UInt8]) {
      count += 1
      if first.count < Self.limit { first.append(PathSet.display(name)) }
    }

    var text: String {
      first.joined(separator: ", ") + (count > first.count ? ", and \(count - first.count) more" : "")
    }
  }

  private var files = 0
  private var folders = 0
  private var links = 0
  private var devices = 0
  private var bytes: Int64 = 0
  private let paths: [String]

  var facts: [String: String] = [:]
  var warnings: [String] = []

  /// Files that changed in every attempt.
  var changed = Names()
  /// Files that changed and then held still.
  var readAgain = Names()
  var changedFolders = Names()
  var vanished = Names()
  var sockets = Names()
  var loops = Names()
  var leftOut = Names()
  private var long = Names()

  init(paths: [String]) { self.paths = paths }

  mutating func count(_ entry: TarEntry) {
    // Linux's PATH_MAX, which no program that extracts names as they are gets past.
    if entry.name.bytes.count >= 4_096 { long.add(Array(entry.name.bytes.prefix(60))) }
    switch entry.kind {
    case .file:
      files += 1
      bytes += entry.realSize
    case .hardLink: files += 1
    case .directory: folders += 1
    case .symbolicLink: links += 1
    default: devices += 1
    }
  }

  var result: SnapshotFacts {
    var facts = facts
    var warnings = warnings
    facts["files"] = String(files)
    facts["folders"] = String(folders)
    facts["bytes"] = String(bytes)
    facts["paths"] = paths.prefix(10).joined(separator: " ") + (paths.count > 10 ? " …" : "")
    if links > 0 { facts["symbolicLinks"] = String(links) }
    if devices > 0 { facts["devices"] = String(devices) }
    if readAgain.count > 0 { facts["readAgain"] = String(readAgain.count) }
    if changed.count > 0 {
      facts["changed"] = changed.text
      warnings.append(
        "\(changed.count) files changed each time they were read, and may be torn: \(changed.text); stop what writes them "
          + "while the backup runs, or take them by a source that knows them")
    }
    if vanished.count > 0 {
      facts["vanished"] = String(vanished.count)
      warnings.append("\(vanished.count) files were removed before they were read: \(vanished.text)")
    }
    if sockets.count > 0 { warnings.append("\(sockets.count) sockets were left out: \(sockets.text)") }
    if changedFolders.count > 0 {
      warnings.append(
        "\(changedFolders.count) folders changed while they were read: \(changedFolders.text); a file that came or went then "
          + "may be in the backup or not")
    }
    if long.count > 0 {
      warnings.append(
        "\(long.count) names have more than 4,095 bytes, which tar programs do not extract: \(long.text)…")
    }
    if loops.count > 0 { warnings.append("a folder that is mounted within itself was left out: \(loops.text)") }
    if leftOut.count > 0 { warnings.append("left out, since the kernel makes them: \(leftOut.text)") }
    return SnapshotFacts(facts, warnings: warnings)
  }
}
