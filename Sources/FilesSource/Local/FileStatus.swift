#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import Tar

/// What stat(2) says of a file.
struct FileStatus: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case file, folder, symbolicLink, fifo, socket, characterDevice, blockDevice
  }

  var kind: Kind
  var size: Int64
  var mode: UInt32
  var userID: Int64
  var groupID: Int64
  var modified: TarEntry.Time
  /// Of the last change of content, name count, owner or mode.
  var changed: TarEntry.Time
  var linkCount: UInt64
  var file: HardLinks.File
  /// Bytes on disk, less than `size` where there are holes.
  var allocated: Int64
  var device: TarEntry.Device

  /// nil for a kind that Linux does not have.
  init?(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .folder
    case S_IFLNK: kind = .symbolicLink
    case S_IFIFO: kind = .fifo
    case S_IFSOCK: kind = .socket
    case S_IFCHR: kind = .characterDevice
    case S_IFBLK: kind = .blockDevice
    default: return nil
    }
    size = Int64(status.st_size)
    mode = UInt32(status.st_mode) & 0o7777
    (userID, groupID) = (Int64(status.st_uid), Int64(status.st_gid))
    modified = TarEntry.Time(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int32(status.st_mtim.tv_nsec))
    changed = TarEntry.Time(seconds: Int64(status.st_ctim.tv_sec), nanoseconds: Int32(status.st_ctim.tv_nsec))
    linkCount = UInt64(status.st_nlink)
    file = HardLinks.File(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    allocated = Int64(status.st_blocks) * 512
    let number = UInt64(status.st_rdev)
    device = TarEntry.Device(
      major: Int64(holdfast_device_major(number)), minor: Int64(holdfast_device_minor(number)))
  }

  /// Whether nothing was written between two looks at the file.
  func isSame(as other: FileStatus) -> Bool {
    size == other.size && modified == other.modified && changed == other.changed && file == other.file
  }
}
