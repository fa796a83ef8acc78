import NIOCore
import SnapshotSource
import Tar

/// Which files changed, where the container's tar does not say: from the time of the last change that `stat` gives, by the
/// container's own clock.
extension PodCapture {
  /// Seconds since 1970; nil where the image has no `date`.
  func now() async throws -> Int64? {
    do {
      let outcome = try await container.run(["date", "+%s"], collectUpTo: 4 << 10)
      guard outcome.exitCode == 0 else { return nil }
      return Int64(String(buffer: outcome.output).filter { !$0.isWhitespace })
    } catch is NoSuchProgram {
      return nil
    } catch is TooMuchOutput {
      return nil
    }
  }

  /// Files that changed in the second of `start` or after it.
  func changedFiles(in paths: PathSet, since start: Int64?, _ tally: inout CaptureTally) async throws -> [[UInt8]] {
    let names = paths.paths.map { "/" + String(decoding: $0, as: UTF8.self) }
    let command = ["find"] + names + ["-type", "f", "-exec", "stat", "-c", "%Z %n", "{}", "+"]
    guard let start, let lines = try await statusLines(command, since: start) else {
      tally.warnings.append(
        "whether files changed while they were read is not known: the image has no GNU tar, and no find, stat and date")
      return []
    }
    return lines
  }

  /// Of files that changed before, those that changed in the second of `start` or after it; all where that is not known.
  func stillChanged(_ names: [[UInt8]], since start: Int64?) async throws -> [[UInt8]] {
    guard let start else { return names }
    var found: [[UInt8]] = []
    for first in stride(from: 0, to: names.count, by: 20) {
      let some = names[first..<min(names.count, first + 20)].map { "/" + String(decoding: $0, as: UTF8.self) }
      guard let lines = try await statusLines(["stat", "-c", "%Z %n"] + some, since: start) else { return names }
      found += lines
    }
    return found
  }

  /// - Returns: nil where the programs are not there, or give no such lines.
  private func statusLines(_ command: [String], since start: Int64) async throws -> [[UInt8]]? {
    var parser = StatusLines(start: start)
    do {
      let outcome = try await container.run(command) { parser.consume($0) }
      parser.finish()
      // Some may be gone meanwhile, which is status 1 of find.
      return outcome.exitCode == 0 || outcome.exitCode == 1 && parser.count > 0 ? parser.changed : nil
    } catch is NoSuchProgram {
      return nil
    }
  }
}

/// Reads lines `<seconds> <path>`, of which it keeps the late ones. A line of another form goes on with the name before it.
struct StatusLines {
  private static let lineLimit = 1 << 20
  private static let nameLimit = 100_000

  let start: Int64
  private(set) var count = 0
  private(set) var changed: [[UInt8]] = []
  private var line: [UInt8] = []
  private var isLate = false
  private var total = 0

  /// Bytes of all names together.
  private let totalLimit: Int

  init(start: Int64, totalLimit: Int = 16 << 20) {
    self.start = start
    self.totalLimit = totalLimit
  }

  mutating func consume(_ bytes: ByteBuffer) {
    for byte in bytes.readableBytesView {
      if byte == UInt8(ascii: "\n") {
        take()
      } else if line.count < Self.lineLimit {
        line.append(byte)
      }
    }
  }

  mutating func finish() { if !line.isEmpty { take() } }

  private mutating func take() {
    defer { line = [] }
    let digits = line.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty, digits.count < 19, line.count > digits.count + 1, line[digits.count] == 0x20,
      line[digits.count + 1] == UInt8(ascii: "/"), let time = Int64(String(decoding: digits, as: UTF8.self))
    else {
      if isLate, !changed.isEmpty, total + line.count < totalLimit {
        total += line.count + 1
        changed[changed.count - 1] += [UInt8(ascii: "\n")] + line
      }
      return
    }
    count += 1
    isLate = time >= start && changed.count < Self.nameLimit && total + line.count < totalLimit
    if isLate {
      total += line.count
      changed.append(Array(line.dropFirst(digits.count + 2)))
    }
  }
}
