import NIOCore
import SnapshotSource

/// The `tar` of a container, and how it is to be called: GNU's, BusyBox's and libarchive's have few options in common.
struct TarProgram: Sendable, Hashable {
  enum Flavor: Sendable, Hashable {
    /// With the version's first two numbers.
    case gnu(Int, Int)
    case busybox
    case libarchive
    case other
  }

  var flavor: Flavor
  /// What it says of itself, for the manifest.
  var version: String
  /// The command up to its options.
  var start: [String]
  /// BusyBox's can be built without.
  var hasExclude = false

  /// Messages have to be in English to be understood, and nothing of the image may add options.
  private static let plainEnvironment = ["env", "LC_ALL=C", "TAR_OPTIONS=", "tar"]

  /// - Returns: nil where the image has none.
  static func find(in container: PodContainer) async throws -> TarProgram? {
    for start in [plainEnvironment, ["tar"]] {
      do {
        let outcome = try await container.run(start + ["--version"], collectUpTo: 64 << 10)
        // How `env` and shells say that there is none, or that it cannot be run.
        if [126, 127].contains(outcome.exitCode) { continue }
        var program = TarProgram(said: String(buffer: outcome.output) + "\n" + outcome.errors, start: start)
        if program.flavor == .busybox {
          let help = try await container.run(start + ["--help"], collectUpTo: 64 << 10)
          program.hasExclude = (String(buffer: help.output) + help.errors).contains("--exclude")
        }
        return program
      } catch is NoSuchProgram {
        continue
      } catch is TooMuchOutput {
        return TarProgram(said: "", start: start)
      }
    }
    return nil
  }

  /// - Parameter said: The answer to `--version`, or the complaint of a program that does not know that.
  init(said: String, start: [String]) {
    self.start = start
    let text = said.lowercased()
    let line = said.split(whereSeparator: \.isNewline).first {
      $0.lowercased().contains("tar") || $0.contains("BusyBox")
    }
    version = String((line ?? "unknown").prefix(80))
    if text.contains("busybox") {
      flavor = .busybox
    } else if text.contains("bsdtar") || text.contains("libarchive") {
      flavor = .libarchive
    } else if text.contains("gnu tar") {
      let numbers = (line ?? "").split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
      flavor = .gnu(numbers.first ?? 1, numbers.count > 1 ? numbers[1] : 0)
    } else {
      flavor = .other
    }
  }

  /// Only GNU's tells which files changed while it read them.
  var namesChanges: Bool { if case .gnu = flavor { true } else { false } }

  /// - Parameters:
  ///   - names: Relative to `/`.
  ///   - patterns: What may stay out already here; what a flavor cannot say is left out when the archive is read.
  ///   - isRecursive: False for one file or folder alone.
  func command(_ names: [[UInt8]], patterns: PathPatterns, isRecursive: Bool = true) -> [String] {
    // So that no name is taken for an option, or for one of libarchive's @archives.
    let names = names.map { "./" + String(decoding: $0, as: UTF8.self) }
    switch flavor {
    case .gnu(let major, let minor):
      var options = [
        "--create", "--file=-", "--format=posix", "--pax-option=delete=atime,delete=ctime", "--sparse",
        "--quoting-style=escape",
      ]
      if (major, minor) >= (1, 27) { options.append("--xattrs") }
      if !isRecursive { options.append("--no-recursion") }
      if !patterns.isEmpty { options += ["--wildcards", "--no-wildcards-match-slash"] }
      options += ["--anchored"] + patterns.paths.map { "--exclude=.\($0.hasPrefix("/") ? "" : "/")\($0)" }
      options += ["--no-anchored"] + patterns.names.map { "--exclude=\($0)" }
      return start + options + ["--directory=/", "--"] + names
    case .busybox:
      let exclude = hasExclude ? patterns.names.map { "--exclude=\($0)" } : []
      return start + ["-c", "-f", "-", "-C", "/"] + exclude + ["--"] + names
    case .libarchive:
      return start + ["-c", "-f", "-", "--format", "pax", "-C", "/", "--"] + names
    case .other:
      return start + ["-c", "-f", "-", "-C", "/", "--"] + names
    }
  }
}
