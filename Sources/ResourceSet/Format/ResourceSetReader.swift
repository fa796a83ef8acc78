public import KubernetesModel
public import NIOCore
internal import Tar

/// What a ``ResourceSetReader`` found.
public enum ResourceSetEvent: Sendable {
  case header(ResourceSetHeader)
  /// An object; nil where the reader was told not to parse it.
  case object(path: String, JSONValue?)
  case index(ResourceSetIndex)
}

/// Reads a resource set as its bytes arrive, holding one object at a time.
///
/// Nothing in the bytes is trusted: any input gives events or an error. A set is whole only if ``finish()`` returns.
public struct ResourceSetReader: Sendable {
  /// Bytes of one member: more than an API server stores.
  private static let limit = 32 << 20

  private var tar = TarReader()
  private let parses: @Sendable (_ ordinal: Int, _ path: String) -> Bool
  private var parsesThis = false
  private var name: String?
  private var content = ByteBuffer()
  private var header: ResourceSetHeader?
  private var index: ResourceSetIndex?
  private var objects = 0

  /// - Parameter parsesObjects: false to check the archive and its index alone, which is many times faster.
  public init(parsesObjects: Bool) { parses = { _, _ in parsesObjects } }

  /// - Parameter parses: Asked once for each object, with its place in the set counted from 0, and its path: the others are
  ///   counted and not read.
  public init(parsing parses: @escaping @Sendable (_ ordinal: Int, _ path: String) -> Bool) { self.parses = parses }

  /// - Throws: ``ResourceSetError``, `TarError`. The reader cannot be used after that.
  public mutating func consume(_ bytes: ByteBuffer) throws -> [ResourceSetEvent] {
    var events: [ResourceSetEvent] = []
    for event in try tar.consume(bytes) {
      switch event {
      case .entry(let entry): try begin(entry)
      case .content(let piece): try add(piece)
      case .entryEnd:
        if let event = try end() { events.append(event) }
      case .archiveEnd: break
      }
    }
    return events
  }

  /// To be called at the end of the bytes.
  /// - Returns: What is in the set.
  /// - Throws: ``ResourceSetError`` with `incomplete`, `TarError`.
  public func finish() throws -> (header: ResourceSetHeader, index: ResourceSetIndex) {
    try tar.finish()
    guard let header, let index else {
      throw ResourceSetError(.incomplete, "it ends without \(self.header == nil ? "a header" : "an index")")
    }
    guard index.objects == objects else {
      throw ResourceSetError(.incomplete, "it holds \(objects) objects, and its index says \(index.objects)")
    }
    return (header, index)
  }

  private mutating func begin(_ entry: TarEntry) throws {
    guard let name = entry.name.string, entry.hazard == nil else {
      throw ResourceSetError(.invalidMember, "its name is not safe to follow", member: entry.name.description)
    }
    if header == nil, name != ResourceSetFormat.header {
      throw ResourceSetError(.invalidMember, "a resource set begins with \(ResourceSetFormat.header)", member: name)
    }
    guard index == nil else {
      throw ResourceSetError(.invalidMember, "it follows the index, which is the last member", member: name)
    }
    guard entry.kind == .file || entry.kind == .directory, entry.sparse == nil else {
      throw ResourceSetError(.invalidMember, "it is not a plain file", member: name)
    }
    guard entry.size <= Self.limit else {
      throw ResourceSetError(.invalidMember, "it has \(entry.size) bytes, more than any object", member: name)
    }
    self.name = entry.kind == .file ? name : nil
    let isObject = entry.kind == .file && name.hasPrefix(ResourceSetFormat.folder + "/")
    parsesThis = !isObject || parses(objects, name)
    content.clear()
  }

  private mutating func add(_ piece: ByteBuffer) throws {
    guard content.readableBytes + piece.readableBytes <= Self.limit else {
      throw ResourceSetError(.invalidMember, "it is larger than any object", member: name)
    }
    // Nobody reads what is only counted.
    if parsesThis { content.writeImmutableBuffer(piece) }
  }

  private mutating func end() throws -> ResourceSetEvent? {
    guard let name else { return nil }
    switch name {
    case ResourceSetFormat.header:
      guard header == nil else { throw ResourceSetError(.invalidMember, "it comes twice", member: name) }
      let header = try readHeader()
      self.header = header
      return .header(header)
    case ResourceSetFormat.index:
      let index: ResourceSetIndex = try decode(name)
      self.index = index
      return .index(index)
    default:
      guard name.hasPrefix(ResourceSetFormat.folder + "/") else {
        throw ResourceSetError(.invalidMember, "no resource set has such a member", member: name)
      }
      objects += 1
      return .object(path: name, parsesThis ? try YAMLReader.value(content, member: name) : nil)
    }
  }

  private func readHeader() throws -> ResourceSetHeader {
    let value = try YAMLReader.value(content, member: ResourceSetFormat.header)
    guard value["format"]?.stringValue == ResourceSetFormat.identifier else {
      throw ResourceSetError(.invalidMember, "it is not a resource set's", member: ResourceSetFormat.header)
    }
    let version = value["formatVersion"]?.stringValue ?? ""
    guard version.split(separator: ".").first == ResourceSetFormat.version.split(separator: ".").first else {
      throw ResourceSetError(
        .unsupportedFormat,
        "its format is '\(version.prefix(20))', and this version reads \(ResourceSetFormat.version)",
        member: ResourceSetFormat.header)
    }
    return try decode(ResourceSetFormat.header)
  }

  private func decode<Value: Decodable>(_ member: String) throws -> Value {
    do {
      return try YAMLReader.value(content, member: member).decoded(as: Value.self)
    } catch let error as ResourceSetError {
      throw error
    } catch {
      throw ResourceSetError(.invalidMember, "it has another shape than it should: \(error)", member: member)
    }
  }
}
