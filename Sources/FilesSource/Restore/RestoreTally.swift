import SnapshotSource

/// What a restore of files does, in counts and in the first names of each kind. Its size does not grow with the archive.
struct RestoreTally: Sendable {
  var created = CaptureTally.Names()
  var replaced = CaptureTally.Names()
  var same = CaptureTally.Names()
  /// There already and left alone, as `Skip` says.
  var skipped = CaptureTally.Names()
  var conflicts: [(name: String, detail: String)] = []
  var conflictCount = 0
  /// Devices, which only root may make.
  var devices = CaptureTally.Names()
  var owners = CaptureTally.Names()
  var attributes = CaptureTally.Names()
  /// Bytes that the files get, rounded up to blocks; net of what they replace.
  var space: Int64 = 0
  /// The largest file that replaces another one, which both exist for a moment.
  var largestReplaced: Int64 = 0
  var names: Int64 = 0

  private static let shownConflicts = 10

  mutating func conflict(_ name: [UInt8], _ detail: String) {
    conflictCount += 1
    if conflicts.count < Self.shownConflicts { conflicts.append((PathSet.display(name), detail)) }
  }

  mutating func willWrite(_ bytes: Int64, over old: Int64?) {
    let size = (bytes + 4_095) / 4_096 * 4_096
    names += old == nil ? 1 : 0
    space += max(0, size - (old ?? 0))
    if old != nil { largestReplaced = max(largestReplaced, size) }
  }

  /// For the plan: conflicts one by one, the rest in counts with the first names.
  var actions: [RestoreAction] {
    var actions = conflicts.map { RestoreAction(.conflict, $0.name, detail: $0.detail) }
    if conflictCount > conflicts.count {
      actions.append(RestoreAction(.conflict, "\(conflictCount - conflicts.count) more"))
    }
    func add(_ kind: RestoreAction.Kind, _ names: CaptureTally.Names, _ detail: String) {
      guard names.count > 0 else { return }
      actions.append(
        names.count == 1
          ? RestoreAction(kind, names.text, detail: detail)
          : RestoreAction(kind, "\(names.count) names", detail: "\(detail): \(names.text)"))
    }
    add(.replace, replaced, "differs from the backup")
    add(.create, created, "nothing is there")
    add(.skip, skipped, "is there, and conflictPolicy is Skip")
    add(.skip, same, "is as in the backup")
    add(.warning, devices, "device, which only root may make: not restored")
    return actions
  }

  /// For the result.
  var facts: SnapshotFacts {
    var facts: [String: String] = [:]
    for (key, names) in [
      ("created", created), ("replaced", replaced), ("unchanged", same), ("skipped", skipped),
    ] { facts[key] = "\(names.count)" }
    if devices.count > 0 { facts["devicesNotMade"] = devices.text }
    if owners.count > 0 { facts["ownersNotRestored"] = owners.text }
    if attributes.count > 0 { facts["attributesNotRestored"] = attributes.text }
    return SnapshotFacts(facts)
  }
}
