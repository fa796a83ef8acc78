import Tar

/// The paths that are asked for, as an archive names them: without the slash at the front. Empty for the root itself.
struct PathSet: Sendable {
  /// Sorted; none is within another one.
  let paths: [[UInt8]]

  init(_ given: [String]) { self.init(given.map { Array($0.utf8) }) }

  init(_ given: [[UInt8]]) {
    var kept: [[UInt8]] = []
    for path in Set(given.map(Self.normalized)).sorted(by: { $0.count < $1.count })
    where !kept.contains(where: { Self.isWithin(path, $0) }) { kept.append(path) }
    paths = kept.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Whether a name, without a slash at its end, is one of the paths or below one.
  func covers(_ name: [UInt8]) -> Bool { paths.contains { Self.isWithin(name, $0) } }

  static func isWithin(_ name: [UInt8], _ folder: [UInt8]) -> Bool {
    folder.isEmpty || name == folder
      || name.count > folder.count && name[folder.count] == UInt8(ascii: "/") && name.starts(with: folder)
  }

  /// Without empty components and `.`.
  static func normalized(_ path: [UInt8]) -> [UInt8] {
    let parts = path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    return Array(parts.joined(separator: [UInt8(ascii: "/")]))
  }

  /// For people: `/etc/ziti`.
  static func display(_ name: [UInt8]) -> String { "/" + TarName(name).description }
}
