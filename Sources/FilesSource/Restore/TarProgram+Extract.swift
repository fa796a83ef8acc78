import SnapshotSource
import Tar

extension TarProgram {
  /// Reads an archive from its input and extracts it.
  /// - Throws: `SnapshotSourceError` where this tar cannot do what the policy asks for.
  func extractCommand(into folder: String, policy: FileConflictPolicy, operation: String) throws -> [String] {
    switch flavor {
    case .gnu(let major, let minor):
      var options = [
        "--extract", "--file=-", "--preserve-permissions", "--numeric-owner", "--delay-directory-restore",
      ]
      if (major, minor) >= (1, 27) { options.append("--xattrs") }
      switch policy {
      // What is there was looked for; folders that are there stay as they are.
      case .fail: options.append("--no-overwrite-dir")
      case .skip: options.append("--skip-old-files")
      case .replace: break
      }
      return start + options + ["--directory=\(folder)"]
    case .libarchive:
      return start + ["-x", "-f", "-", "-p", "--numeric-owner"] + (policy == .skip ? ["-k"] : []) + ["-C", folder]
    case .busybox, .other:
      guard policy != .skip else {
        throw SnapshotSourceError(
          .configuration, operation: operation,
          message:
            "\(version) cannot leave out what is there; set conflictPolicy to Fail or Replace, or restore to a claim")
      }
      return start + ["-x", "-p", "-f", "-", "-C", folder]
    }
  }

  /// What of a member this tar would get wrong; nil where there is nothing.
  func problem(with member: Member) -> String? {
    guard flavor == .busybox || flavor == .other else { return nil }
    if member.entry.sparse != nil { return "a file with holes" }
    // It reads no extended headers: https://git.busybox.net/busybox/tree/archival/libarchive/get_header_tar.c
    if member.entry.name.bytes.count > 100 || (member.entry.linkTarget?.bytes.count ?? 0) > 100 {
      return "a name of more than 100 bytes"
    }
    return member.entry.size >= 8 << 30 ? "a file of 8 GiB or more" : nil
  }
}
