/// A controller's release, and which schema of the database it knows.
///
/// Source: github.com/openziti/ziti, `CurrentDbVersion` in controller/db/migrations.go (controller/persistence before v1.0),
/// read at every release tag from v0.30.4 to v2.1.0-pre2. A controller refuses a database of a newer schema ("Unsupported
/// edge datastore version") and migrates an older one as it starts.
struct ControllerVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  var major: Int
  var minor: Int
  var patch: Int
  /// Of `-pre2`: the number. A release has none, and comes after its previews.
  var preview: Int?

  init(_ major: Int, _ minor: Int, _ patch: Int, preview: Int? = nil) {
    self.major = major
    self.minor = minor
    self.patch = patch
    self.preview = preview
  }

  /// - Parameter text: `v1.6.8`, `1.6.8` or `2.1.0-pre1`, as the API and tags of images have it; nil for anything else.
  init?(_ text: String) {
    let trimmed = text.hasPrefix("v") ? text.dropFirst() : text[...]
    let halves = trimmed.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = halves[0].split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2],
      min(major, minor, patch) >= 0
    else { return nil }
    self.init(major, minor, patch)
    guard halves.count == 2 else { return }
    // What is not a preview is somebody's own build of the release.
    if halves[1].hasPrefix("pre"), let number = Int(halves[1].dropFirst(3)) { preview = number }
  }

  /// - Parameter image: `docker.io/openziti/ziti-controller:1.6.8`, also with a digest; nil where its tag is no version.
  init?(image: String) {
    let name = image.split(separator: "@", maxSplits: 1).first ?? ""
    guard let last = name.split(separator: "/").last, let colon = last.lastIndex(of: ":") else { return nil }
    self.init(String(last[last.index(after: colon)...]))
  }

  var description: String { "v\(major).\(minor).\(patch)" + (preview.map { "-pre\($0)" } ?? "") }

  static func < (left: Self, right: Self) -> Bool {
    let (first, second) = ([left.major, left.minor, left.patch], [right.major, right.minor, right.patch])
    guard first == second else { return first.lexicographicallyPrecedes(second) }
    return (left.preview ?? .max) < (right.preview ?? .max)
  }

  /// The first release that has each schema, in order.
  private static let releases: [(version: ControllerVersion, schema: Int64)] = [
    (.init(0, 30, 4), 34), (.init(0, 30, 5), 35), (.init(0, 34, 0), 36), (.init(1, 1, 10), 37), (.init(1, 6, 0), 38),
    (.init(1, 6, 1), 39), (.init(1, 6, 7), 40), (.init(1, 6, 8), 41), (.init(1, 7, 0), 43), (.init(1, 7, 2), 44),
    (.init(2, 1, 0, preview: 1), 47), (.init(2, 1, 0, preview: 2), 48),
  ]
  /// The last release whose schema is known here.
  private static let newestKnown = ControllerVersion(2, 1, 0, preview: 2)
  /// Controllers migrate nothing that is older.
  static let oldestSchema: Int64 = 13

  /// The newest schema that this release reads; of a release that is not known here, the least that it reads.
  /// nil for one from before the list.
  var schema: (value: Int64, isAtLeast: Bool)? {
    guard let entry = Self.releases.last(where: { $0.version <= self }) else { return nil }
    return (entry.schema, self > Self.newestKnown)
  }

  /// The first release that reads a schema; nil where none is known.
  static func first(reading schema: Int64) -> ControllerVersion? { releases.first { $0.schema >= schema }?.version }
}

/// Whether a controller may be given a database: never one of a newer schema than it knows, which it would refuse to start
/// with, and whatever it had done to it by then would be of no use to the older one either.
enum VersionGate {
  /// What is known of the controller that will open the database.
  struct Controller: Sendable, Hashable {
    var version: ControllerVersion?
    /// Where the version is from: `its image openziti/ziti-controller:1.6.8`.
    var origin: String
    /// Of the database that it works on: it migrated that to its own.
    var databaseSchema: Int64?

    init(version: ControllerVersion? = nil, origin: String = "", databaseSchema: Int64? = nil) {
      self.version = version
      self.origin = origin
      self.databaseSchema = databaseSchema
    }
  }

  enum Verdict: Sendable, Hashable {
    case pass(String)
    /// Nothing tells; what a person has to see to.
    case unknown(String)
    case refused(String)
  }

  static func judge(schema: Int64, _ controller: Controller) -> Verdict {
    let needed =
      ControllerVersion.first(reading: schema).map { "\($0) or newer" } ?? "a newer release than this version knows"
    guard schema >= ControllerVersion.oldestSchema else {
      return .refused(
        "the snapshot has schema \(schema), which no controller migrates any more (\(ControllerVersion.oldestSchema) is the oldest)"
      )
    }
    if let version = controller.version {
      guard let known = version.schema else {
        return .refused(
          "the snapshot has schema \(schema), and the controller is \(version) (\(controller.origin)): it needs \(needed)"
        )
      }
      if schema <= known.value { return .pass("schema \(schema), which \(version) reads (\(controller.origin))") }
      guard known.isAtLeast else {
        return .refused(
          "the snapshot has schema \(schema), and the controller is \(version) (\(controller.origin)), which reads schemas up "
            + "to \(known.value): upgrade it to \(needed) first; a newer schema is never given to an older controller")
      }
    }
    guard let old = controller.databaseSchema else {
      return .unknown("schema \(schema): start a controller of \(needed) on it; which one will open it cannot be told")
    }
    if schema <= old { return .pass("schema \(schema), and the database there has schema \(old)") }
    return .refused(
      "the snapshot has schema \(schema), and the controller's own database has schema \(old), so that it may be too old: it "
        + "needs \(needed). Upgrade it and let it start once; a newer schema is never given to an older controller")
  }
}
