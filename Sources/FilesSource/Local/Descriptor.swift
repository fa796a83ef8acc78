#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import NIOCore
import Tar

/// A system call that failed.
struct CallFailure: Error {
  var number: Int32
  var reason: String { String(cString: strerror(number)) }
}

/// An open file or folder, closed with the last reference. Every call may block.
final class Descriptor: Sendable {
  let number: Int32

  private init(_ number: Int32) { self.number = number }

  deinit { close(number) }

  /// Never follows a link, and never waits for the other end of a fifo.
  static func open(_ name: [UInt8], in folder: Descriptor?, flags: Int32) throws(CallFailure) -> Descriptor {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    let number = openat(folder?.number ?? AT_FDCWD, name, flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard number >= 0 else { throw CallFailure(number: errno) }
    return Descriptor(number)
  }

  /// As a process sees the path, links on the way included.
  static func openFolder(_ path: String) throws(CallFailure) -> Descriptor {
    try open(folder: path, flags: holdfast_open_path_flag())
  }

  static func open(folder path: String, flags: Int32) throws(CallFailure) -> Descriptor {
    let number = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_DIRECTORY | flags)
    guard number >= 0 else { throw CallFailure(number: errno) }
    return Descriptor(number)
  }

  /// A new file that nobody else can open yet, for reading and writing.
  static func create(_ name: [UInt8], in folder: Descriptor) throws(CallFailure) -> Descriptor {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    let number = openat(folder.number, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else { throw CallFailure(number: errno) }
    return Descriptor(number)
  }

  func write(_ bytes: ByteBuffer, at offset: Int64) throws(CallFailure) {
    var failure: Int32 = 0
    bytes.withUnsafeReadableBytes { piece in
      var done = 0
      while done < piece.count, failure == 0 {
        let count = pwrite(
          number, piece.baseAddress.map { $0 + done }, piece.count - done, off_t(offset + Int64(done)))
        if count >= 0 { done += count } else if errno != EINTR { failure = errno }
      }
    }
    guard failure == 0 else { throw CallFailure(number: failure) }
  }

  static func status(of name: [UInt8], in folder: Descriptor) throws(CallFailure) -> FileStatus? {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    var status = stat()
    guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw CallFailure(number: errno) }
    return FileStatus(status)
  }

  static func target(of name: [UInt8], in folder: Descriptor) throws(CallFailure) -> [UInt8] {
    let name = name.map { CChar(bitPattern: $0) } + [0]
    // Longer than any that Linux makes.
    var buffer = [CChar](repeating: 0, count: 8_192)
    let count = readlinkat(folder.number, name, &buffer, buffer.count)
    guard count >= 0 else { throw CallFailure(number: errno) }
    return buffer[..<count].map { UInt8(bitPattern: $0) }
  }

  func status() throws(CallFailure) -> FileStatus? {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw CallFailure(number: errno) }
    return FileStatus(status)
  }

  /// Up to `count` bytes; fewer only at the end of the file.
  func read(at offset: Int64, upTo count: Int) throws(CallFailure) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: count)
    while buffer.readableBytes < count {
      let place = offset + Int64(buffer.readableBytes)
      let rest = count - buffer.readableBytes
      var failure: Int32 = 0
      let result = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: rest) { bytes in
        let result = pread(number, bytes.baseAddress, rest, off_t(place))
        if result < 0 { failure = errno }
        return max(0, result)
      }
      if failure == EINTR { continue }
      guard failure == 0 else { throw CallFailure(number: failure) }
      if result == 0 { break }
    }
    return buffer
  }

  /// Where there are bytes, in whole blocks of an archive but for the last; nil where the file has no hole.
  ///
  /// At most `limit` segments: what follows the last one is then taken for data.
  func segments(size: Int64, limit: Int = 1 << 16) -> [TarSparse.Segment]? {
    var segments: [TarSparse.Segment] = []
    var place: Int64 = 0
    while place < size {
      let data = holdfast_seek_data(number, place)
      if data < 0 {
        // No data up to the end, or a file system that does not know.
        guard errno == ENXIO else { return nil }
        break
      }
      guard data < size else { break }
      let hole = segments.count + 1 < limit ? holdfast_seek_hole(number, data) : size
      guard hole > data else { return nil }
      let start = max(data / 512 * 512, segments.last.map { $0.offset + $0.length } ?? 0)
      let end = min(size, (hole + 511) / 512 * 512)
      if let last = segments.last, last.offset + last.length == start {
        segments[segments.count - 1].length = end - last.offset
      } else if end > start {
        segments.append(TarSparse.Segment(offset: start, length: end - start))
      }
      place = max(hole, end)
    }
    return segments.reduce(0) { $0 + $1.length } == size ? nil : segments
  }

  /// Extended attributes by name; those that this user may not read, or that are gone, are left out.
  /// - Parameter limit: Bytes of all of them.
  func attributes(limit: Int = 512 << 10) -> (values: [String: [UInt8]], isWhole: Bool) {
    var list = [CChar](repeating: 0, count: 64 << 10)
    let size = holdfast_list_attributes(number, &list, list.count)
    guard size > 0 else { return ([:], true) }
    var (values, total, isWhole) = ([String: [UInt8]](), 0, true)
    var value = [UInt8]()
    for name in list[..<size].split(separator: 0) {
      if value.isEmpty { value = [UInt8](repeating: 0, count: 64 << 10) }
      let count = holdfast_get_attribute(number, Array(name) + [0], &value, value.count)
      guard count >= 0 else { continue }
      guard let text = String(validating: name.map { UInt8(bitPattern: $0) }, as: UTF8.self),
        total + name.count + count <= limit
      else {
        isWhole = false
        continue
      }
      total += name.count + count
      values[text] = Array(value[..<count])
    }
    return (values, isWhole)
  }
}
