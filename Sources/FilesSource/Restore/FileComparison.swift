#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import NIOCore
import Tar

/// Compares a file that is there with a member whose content comes piece by piece.
///
/// The holes of a file are not compared: a file of the same size, mode, time to the nanosecond, and data is the same.
struct FileComparison {
  private let file: Descriptor
  private(set) var isEqual = true

  /// - Returns: nil where its status alone tells that it differs, or where it may not be read.
  init?(_ member: Member, in folder: Descriptor, status: FileStatus) {
    guard Self.isAlike(member.entry, status), status.kind == .file,
      let name = member.path.last, let file = try? Descriptor.open(name, in: folder, flags: 0)
    else { return nil }
    self.file = file
  }

  mutating func add(_ offset: Int64, _ bytes: ByteBuffer) {
    guard isEqual else { return }
    isEqual = (try? file.read(at: offset, upTo: bytes.readableBytes)) == bytes
  }

  static func isAlike(_ entry: TarEntry, _ status: FileStatus) -> Bool {
    // Who may not give a file to its owner does not give it the bits that lend the owner's rights either.
    let bits: UInt32 = geteuid() == 0 ? 0o7777 : 0o1777
    return entry.realSize == status.size && entry.mode & bits == status.mode & bits
      && entry.modified == status.modified
  }
}
