import Tar

/// Files of several names, by which each after the first becomes a link. Bounded: what does not fit is kept as files of
/// their own.
struct HardLinks {
  struct File: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private static let limit = 32 << 20
  private var names: [File: (name: [UInt8], rest: UInt64)] = [:]
  private var size = 0
  private(set) var isFull = false

  /// The name under which the file is in the archive already.
  mutating func name(of file: File) -> [UInt8]? {
    guard let (name, rest) = names[file] else { return nil }
    if rest <= 1 {
      names[file] = nil
      size -= name.count + 64
    } else {
      names[file] = (name, rest - 1)
    }
    return name
  }

  /// - Parameter count: Names that the file has.
  mutating func insert(_ file: File, name: [UInt8], count: UInt64) {
    guard count > 1 else { return }
    guard size + name.count + 64 <= Self.limit else {
      isFull = true
      return
    }
    size += name.count + 64
    names[file] = (name, count - 1)
  }
}
