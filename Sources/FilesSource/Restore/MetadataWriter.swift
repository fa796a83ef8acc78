#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import Tar

/// Sets owner, mode, extended attributes and time. What this user may not set is counted, and no failure.
struct MetadataWriter: Sendable {
  /// UTIME_OMIT of sys/stat.h, which Swift does not see.
  private static let omit = 0x3fff_fffe
  /// A number for "leave it".
  private static let sameID = uid_t.max

  let isRoot = geteuid() == 0

  /// What could not be set.
  struct Outcome {
    var lacksOwner = false
    var lacksAttributes = false
  }

  /// - Throws: ``CallFailure`` where the mode or the time cannot be set.
  func apply(_ entry: TarEntry, to file: Descriptor) throws(CallFailure) -> Outcome {
    var outcome = Outcome()
    let status = try file.status()
    if status?.userID != entry.userID || status?.groupID != entry.groupID {
      outcome.lacksOwner = !own(entry) { fchown(file.number, $0, $1) }
    }
    // Those of users need the right to write, which the mode may take; access lists are changed by the mode.
    let attributes = entry.extendedAttributes.sorted { $0.key < $1.key }
    try set(attributes.filter { $0.key.hasPrefix("user.") }, of: file, &outcome)
    // Another owner must not get what the bits give away.
    let mode = outcome.lacksOwner ? entry.mode & 0o1777 : entry.mode & 0o7777
    try check(fchmod(file.number, mode_t(mode)))
    // Labels belong to the machine, not to the file.
    try set(attributes.filter { !$0.key.hasPrefix("user.") && $0.key != "security.selinux" }, of: file, &outcome)
    var times = times(entry.modified)
    try check(futimens(file.number, &times))
    return outcome
  }

  private func set(
    _ attributes: [(key: String, value: [UInt8])], of file: Descriptor, _ outcome: inout Outcome
  ) throws(CallFailure) {
    for (name, value) in attributes {
      let result = value.withUnsafeBytes { holdfast_set_attribute(file.number, name, $0.baseAddress, $0.count) }
      guard result != 0 else { continue }
      if errno == ENOSPC || errno == EDQUOT { throw CallFailure(number: errno) }
      outcome.lacksAttributes = true
    }
  }

  /// Of a name that cannot be opened: a link, or a device.
  func apply(_ entry: TarEntry, to name: [UInt8], in folder: Descriptor) throws(CallFailure) -> Outcome {
    var outcome = Outcome()
    let name = name.map { CChar(bitPattern: $0) } + [0]
    outcome.lacksOwner = !own(entry) { fchownat(folder.number, name, $0, $1, AT_SYMLINK_NOFOLLOW) }
    if entry.kind != .symbolicLink {
      let mode = outcome.lacksOwner ? entry.mode & 0o1777 : entry.mode & 0o7777
      try check(fchmodat(folder.number, name, mode_t(mode), 0))
    }
    var times = times(entry.modified)
    try check(utimensat(folder.number, name, &times, AT_SYMLINK_NOFOLLOW))
    return outcome
  }

  /// Gives a folder back the mode and the time that it had.
  func reset(_ folder: Descriptor, to status: FileStatus) {
    var times = times(status.modified)
    _ = fchmod(folder.number, mode_t(status.mode))
    _ = futimens(folder.number, &times)
  }

  private func own(_ entry: TarEntry, _ call: (uid_t, gid_t) -> Int32) -> Bool {
    let (user, group) = (uid_t(truncatingIfNeeded: entry.userID), gid_t(truncatingIfNeeded: entry.groupID))
    if call(user, group) == 0 { return true }
    // One may give one's own file to a group that one is in.
    if call(Self.sameID, group) == 0, entry.userID == Int64(geteuid()) { return true }
    return false
  }

  private func times(_ modified: TarEntry.Time) -> [timespec] {
    [
      timespec(tv_sec: 0, tv_nsec: Self.omit),
      timespec(tv_sec: time_t(modified.seconds), tv_nsec: Int(modified.nanoseconds)),
    ]
  }

  private func check(_ result: Int32) throws(CallFailure) {
    guard result == 0 else { throw CallFailure(number: errno) }
  }
}
