internal import Foundation
public import KubernetesModel
public import NIOCore
internal import Tar

/// Writes a resource set: a tar file of YAML, one member for each object.
///
/// Made by ``withResourceSetWriter(_:into:_:)``. Holds one object at a time. Not for concurrent use. An error leaves an
/// archive that cannot be continued.
public final class ResourceSetWriter {
  private let tar: TarWriter
  private let modified: TarEntry.Time
  private var counts: [ResourceType: Int] = [:]
  /// What will be the last member; ``ResourceSetIndex/objects`` and ``ResourceSetIndex/kinds`` are kept by the writer.
  public private(set) var index = ResourceSetIndex()

  init(tar: TarWriter, header: ResourceSetHeader) {
    self.tar = tar
    modified = TarEntry.Time(seconds: Int64(header.capturedAt.date.timeIntervalSince1970))
  }

  /// The kinds of which something was written, in a fixed order.
  public var resources: [ResourceType] {
    counts.filter { $0.value > 0 }.keys.sorted { ($0.group, $0.plural, $0.version) < ($1.group, $1.plural, $1.version) }
  }

  /// Writes an object as the API server gave it; `apiVersion` and `kind`, which items of a list lack, are filled in.
  ///
  /// - Returns: The member's name.
  /// - Throws: ``ResourceSetError`` with `invalidObject` where the object has no name; what the sink threw.
  @discardableResult
  public func add(_ object: JSONValue, as resource: ResourceType) async throws -> String {
    guard let name = object.name, !name.isEmpty else {
      throw ResourceSetError(.invalidObject, "an object of kind \(resource.kind) has no name")
    }
    var object = object
    object["apiVersion"] = object["apiVersion"] ?? .string(resource.apiVersion)
    object["kind"] = object["kind"] ?? .string(resource.kind)
    let path = ResourceSetFormat.path(of: resource, namespace: object.namespace, name: name)
    try await write(object, to: path)
    counts[resource, default: 0] += 1
    index.objects += 1
    return path
  }

  /// Says which state of the cluster the objects of a list show.
  public func record(_ list: ResourceSetIndex.List) { index.lists = (index.lists ?? []) + [list] }

  /// Says that something is missing.
  public func record(_ failure: ResourceSetIndex.Failure) { index.failures = (index.failures ?? []) + [failure] }

  /// What a source has to say of its objects; replaces what it said before.
  public func record(facts: JSONValue) { index.facts = facts }

  /// Says that a member that was written before does not count: its object was changed and follows anew, or is gone.
  public func supersede(_ path: String, of resource: ResourceType) {
    index.superseded = (index.superseded ?? []) + [path]
    counts[resource, default: 1] -= 1
  }

  func begin(_ header: ResourceSetHeader) async throws {
    try await write(try JSONValue(encoding: header), to: ResourceSetFormat.header)
  }

  func finish() async throws -> ResourceSetIndex {
    index.kinds = counts.filter { $0.value > 0 }.map { resource, count in
      ResourceSetIndex.Kind(
        group: resource.group, version: resource.version, kind: resource.kind, plural: resource.plural,
        namespaced: resource.isNamespaced, count: count)
    }.sorted { ($0.group, $0.plural, $0.version) < ($1.group, $1.plural, $1.version) }
    try await write(try JSONValue(encoding: index), to: ResourceSetFormat.index)
    return index
  }

  // Readable to their owner alone: Secrets are among them.
  private func write(_ value: JSONValue, to path: String) async throws {
    try await tar.append(
      TarEntry(name: TarName(path), mode: 0o600, modified: modified), content: YAMLWriter.document(value))
  }
}

/// Runs `body` with a writer, and ends the set with its index when it returns.
///
/// - Parameter sink: Called with one chunk at a time, in order.
/// - Returns: What `body` returned, and the index as it was written.
/// - Throws: ``ResourceSetError``, or what `body` or `sink` threw; the set then has no index and no end mark.
public func withResourceSetWriter<Value>(
  _ header: ResourceSetHeader, into sink: (ByteBuffer) async throws -> Void,
  _ body: (ResourceSetWriter) async throws -> Value
) async throws -> (value: Value, index: ResourceSetIndex) {
  try await withTarWriter(into: sink) { tar in
    let writer = ResourceSetWriter(tar: tar, header: header)
    try await writer.begin(header)
    let value = try await body(writer)
    return (value, try await writer.finish())
  }
}
