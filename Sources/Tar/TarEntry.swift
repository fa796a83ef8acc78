/// A member of an archive without its content.
public struct TarEntry: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case file
    case hardLink
    case symbolicLink
    case characterDevice
    case blockDevice
    case directory
    case fifo
    /// The type flag of a kind that this does not know; may have content.
    case other(UInt8)
  }

  /// Since 1970, UTC.
  public struct Time: Sendable, Hashable {
    public var seconds: Int64
    /// 0 to 999,999,999.
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
      self.seconds = seconds
      self.nanoseconds = nanoseconds
    }
  }

  public struct Device: Sendable, Hashable {
    public var major: Int64
    public var minor: Int64

    public init(major: Int64, minor: Int64) {
      self.major = major
      self.minor = minor
    }
  }

  /// A directory's name may end with a slash.
  public var name: TarName
  public var kind: Kind
  /// Bytes of content in the archive. Of a sparse file that is less than its real size, and in the format 1.0 it
  /// includes the map.
  public var size: Int64
  /// The lower 12 bits: permissions, setuid, setgid, sticky.
  public var mode: UInt32
  public var userID: Int64
  public var groupID: Int64
  public var userName: String
  public var groupName: String
  public var modified: Time
  /// Of a hard link, the name of a member before it; of a symbolic link, any text.
  public var linkTarget: TarName?
  public var device: Device?
  /// By name, with its namespace: `user.comment`.
  public var extendedAttributes: [String: [UInt8]]
  public var sparse: TarSparse?

  public init(
    name: TarName, kind: Kind = .file, size: Int64 = 0, mode: UInt32 = 0o644, userID: Int64 = 0, groupID: Int64 = 0,
    userName: String = "", groupName: String = "", modified: Time = Time(seconds: 0), linkTarget: TarName? = nil,
    device: Device? = nil, extendedAttributes: [String: [UInt8]] = [:], sparse: TarSparse? = nil
  ) {
    self.name = name
    self.kind = kind
    self.size = size
    self.mode = mode
    self.userID = userID
    self.groupID = groupID
    self.userName = userName
    self.groupName = groupName
    self.modified = modified
    self.linkTarget = linkTarget
    self.device = device
    self.extendedAttributes = extendedAttributes
    self.sparse = sparse
  }

  /// Bytes that the file has when it is extracted, holes included.
  public var realSize: Int64 { sparse?.realSize ?? size }

  /// Why extracting this needs care. A symbolic link may point anywhere, so its target tells nothing here.
  public var hazard: TarName.Hazard? { name.hazard ?? (kind == .hardLink ? linkTarget?.hazard : nil) }
}

/// How a file with holes is kept: https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html.
public struct TarSparse: Sendable, Hashable {
  public enum Format: String, Sendable, Hashable {
    /// A header of type `S` with the map in it.
    case old = "GNU"
    case pax00 = "GNU.sparse 0.0"
    case pax01 = "GNU.sparse 0.1"
    /// The map is the beginning of the content.
    case pax10 = "GNU.sparse 1.0"
  }

  /// Bytes that are in the archive; between them are holes.
  public struct Segment: Sendable, Hashable {
    public var offset: Int64
    public var length: Int64

    public init(offset: Int64, length: Int64) {
      self.offset = offset
      self.length = length
    }
  }

  public var format: Format
  public var realSize: Int64
  /// Empty where the format is 1.0 and the entry was read: the map is then in the content.
  public var segments: [Segment]

  /// The same file in the format 1.0, in which alone it can be written.
  public var inFormat10: TarSparse { TarSparse(realSize: realSize, segments: segments.filter { $0.length > 0 }) }

  /// A file to be written, in the format 1.0.
  /// - Parameter segments: Sorted, without overlap, within `realSize`; all but the last of whole blocks of 512 bytes.
  public init(realSize: Int64, segments: [Segment]) {
    self.init(format: .pax10, realSize: realSize, segments: segments)
  }

  init(format: Format, realSize: Int64, segments: [Segment]) {
    self.format = format
    self.realSize = realSize
    self.segments = segments
  }

  /// Bytes of all segments; nil where they overlap, are unsorted or go past the end.
  var dataSize: Int64? {
    var (end, sum): (Int64, Int64) = (0, 0)
    for segment in segments {
      let (last, overflow) = segment.offset.addingReportingOverflow(segment.length)
      guard segment.length >= 0, segment.offset >= end, !overflow, last <= realSize else { return nil }
      end = last
      sum += segment.length
    }
    return sum
  }
}
