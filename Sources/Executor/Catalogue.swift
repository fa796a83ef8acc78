internal import BackupFormat
internal import Foundation
internal import NIOCore
internal import ObjectStore

/// What lies below one policy's prefix, sorted into backups, work in progress and debris.
struct Catalogue: Sendable {
  struct Entry: Sendable {
    var id: BackupID
    /// By name below the id; only names that this layout can have.
    var objects: [String: ObjectInfo] = [:]
    var uploads: [OpenUpload] = []

    var hasManifest: Bool { objects[BucketLayout.manifestName] != nil }
    var lease: ObjectInfo? { objects[LeaseRecord.name] }
    /// Everything but the manifest and the lease.
    var artifacts: [ObjectInfo] {
      objects.filter { $0.key != BucketLayout.manifestName && $0.key != LeaseRecord.name }
        .sorted { $0.key < $1.key }.map(\.value)
    }
    var storedBytes: Int64 { artifacts.reduce(0) { $0 + $1.size } }
    /// When something was last written below the id, by the store's clock; the id's own time where it does not tell.
    var lastChange: Date {
      (objects.values.compactMap(\.lastModified) + uploads.compactMap(\.started)).max() ?? id.date
    }
  }

  let layout: BucketLayout
  private(set) var entries: [BackupID: Entry] = [:]
  private(set) var warnings: [String] = []
  /// What preflights could not remove.
  private(set) var probes: [ObjectInfo] = []

  init(layout: BucketLayout) { self.layout = layout }

  /// Oldest first.
  var sorted: [Entry] { entries.values.sorted { $0.id < $1.id } }

  mutating func add(_ object: ObjectInfo) {
    if PreflightProbe.isProbe(object.key, in: layout) { return probes.append(object) }
    // A key that this layout cannot have is somebody else's: it is not looked at, and never removed.
    guard let (id, name) = layout.parse(object.key), Self.isOwnName(name) else { return }
    entries[id, default: Entry(id: id)].objects[name] = object
  }

  mutating func add(_ upload: OpenUpload) {
    guard let (id, name) = layout.parse(upload.key), Self.isOwnName(name) else { return }
    entries[id, default: Entry(id: id)].uploads.append(upload)
  }

  /// - Parameter uploads: Also look for open multipart uploads; a store that does not let us gives a warning.
  static func load(_ store: any ObjectStore, layout: BucketLayout, uploads: Bool) async throws -> Catalogue {
    var catalogue = Catalogue(layout: layout)
    for object in try await store.listAll(prefix: layout.policyPrefix) { catalogue.add(object) }
    guard uploads else { return catalogue }
    do {
      for upload in try await store.listUploads(prefix: layout.policyPrefix) { catalogue.add(upload) }
    } catch let error as ObjectStoreError where [.accessDenied, .unsupported].contains(error.code) {
      catalogue.warnings.append(
        "open multipart uploads cannot be listed, so that those of a run that died stay: \(error.message)")
    }
    return catalogue
  }

  /// `<source>.<extension>[.zst][.age]` with a DNS label as the source, the manifest and the lease.
  static func isOwnName(_ name: String) -> Bool {
    if name == BucketLayout.manifestName || name == LeaseRecord.name { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    func isPlain(_ part: Substring) -> Bool {
      !part.isEmpty
        && part.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
    return (2...5).contains(parts.count) && parts.allSatisfy(isPlain)
  }
}

extension ObjectStore {
  /// Reads a backup's manifest and binds it to its place.
  func manifest(of id: BackupID, in layout: BucketLayout) async throws -> Manifest {
    let bytes = try await getBytes(layout.manifestKey(of: id), upTo: Manifest.maximumBytes)
    return try Manifest.decode(Data(bytes.readableBytesView), in: layout, id: id)
  }
}
