import NIOCore
import Tar

/// A file of a container as its `stat` describes it, and the script that lists them.
struct ShellListing {
  struct File: Sendable {
    /// Without the slash at the front.
    var name: [UInt8]
    var entry: TarEntry
    /// Size, times and inode in the words of `stat`, for comparing.
    var state: String
    var linkCount: UInt64
    var file: HardLinks.File
    var isSocket = false
  }

  /// Bytes of a listing, all of which is kept.
  static let limit = 8 << 20

  private(set) var files: [File] = []
  private(set) var vanished: [[UInt8]] = []

  /// Lists the paths that are its arguments, without following links: name and link target, each with a NUL behind it, and
  /// a line of `stat`. Ends with 3, 4 or 5 where a folder cannot be read, a path does not exist, or a program is missing.
  static let script = #"""
    if ! command -v stat >/dev/null 2>&1 || ! command -v cat >/dev/null 2>&1; then echo "no stat or no cat" >&2; exit 5; fi
    s() {
      printf '%s\0' "$1"
      if [ -L "$1" ]; then t=$(readlink "$1" && echo x); else t=; fi
      printf '%s\0' "$t"
      stat -c '%f %s %u %g %U %G %t %T %h %d %i %Y %Z' "$1" 2>/dev/null || echo gone
    }
    w() {
      if [ ! -r "$1" ] || [ ! -x "$1" ]; then echo "$1: Permission denied" >&2; exit 3; fi
      for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        if [ -L "$f" ] || [ -e "$f" ]; then
          s "$f"
          if [ -d "$f" ] && [ ! -L "$f" ]; then w "$f"; fi
        fi
      done
    }
    for p; do
      if [ ! -L "$p" ] && [ ! -e "$p" ]; then echo "$p: No such file or directory" >&2; exit 4; fi
      s "$p"
      if [ -d "$p" ] && [ ! -L "$p" ]; then w "$p"; fi
    done
    """#

  /// - Returns: nil where the bytes are no such listing.
  init?(_ bytes: ByteBuffer) {
    var rest = bytes.readableBytesView
    func cut(_ separator: UInt8) -> [UInt8]? {
      guard let end = rest.firstIndex(of: separator) else { return nil }
      defer { rest = rest[(end + 1)...] }
      return Array(rest[..<end])
    }
    while !rest.isEmpty {
      guard let path = cut(0), path.first == UInt8(ascii: "/"), let target = cut(0), let line = cut(0x0A) else {
        return nil
      }
      let name = PathSet.normalized(path)
      let text = String(decoding: line, as: UTF8.self)
      if text == "gone" {
        vanished.append(name)
      } else {
        guard let file = Self.file(name, target, text) else { return nil }
        files.append(file)
      }
    }
  }

  private static func file(_ name: [UInt8], _ target: [UInt8], _ line: String) -> File? {
    let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 13, let mode = UInt32(fields[0], radix: 16), let size = Int64(fields[1]), size >= 0,
      let user = Int64(fields[2]), let group = Int64(fields[3]), let links = UInt64(fields[8]),
      let device = UInt64(fields[9]), let inode = UInt64(fields[10]), let modified = Int64(fields[11])
    else { return nil }
    func text(_ name: String) -> String { name == "UNKNOWN" ? "" : name }
    var entry = TarEntry(
      name: TarName(name), mode: mode & 0o7777, userID: user, groupID: group, userName: text(fields[4]),
      groupName: text(fields[5]), modified: TarEntry.Time(seconds: modified))
    var isSocket = false
    switch mode & 0o170000 {
    case 0o100000: entry.size = size
    case 0o040000:
      entry.kind = .directory
      entry.name = TarName(name + [UInt8(ascii: "/")])
    case 0o120000:
      // The script puts "\nx" behind it, so that line feeds at its end stay.
      guard target.count > 2, target.suffix(2).elementsEqual([0x0A, 0x78]) else { return nil }
      entry.kind = .symbolicLink
      entry.linkTarget = TarName(target.dropLast(2))
    case 0o010000: entry.kind = .fifo
    case 0o140000: isSocket = true
    case 0o020000, 0o060000:
      guard let major = Int64(fields[6], radix: 16), let minor = Int64(fields[7], radix: 16) else { return nil }
      entry.kind = mode & 0o170000 == 0o020000 ? .characterDevice : .blockDevice
      entry.device = TarEntry.Device(major: major, minor: minor)
    default: return nil
    }
    return File(
      name: name, entry: entry, state: [1, 10, 11, 12].map { fields[$0] }.joined(separator: " "), linkCount: links,
      file: HardLinks.File(device: device, inode: inode), isSocket: isSocket)
  }
}
