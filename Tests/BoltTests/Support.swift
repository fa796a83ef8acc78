import Foundation
import NIOCore
import Testing

@testable import Bolt

enum Fixture {
  static let databases = ["empty", "no-freelist", "page-512", "page-1024", "page-4096"].map { "bbolt/\($0).db" }
  static let openZiti = ["ctrl-schema44", "ctrl-schema38", "ctrl-live-copy", "not-ziti"].map { "openziti/\($0).db" }
  static let sound = databases + openZiti

  static func path(_ name: String) -> String {
    Bundle.module.bundlePath + "/Fixtures/" + name
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }
}

extension BoltReport {
  var codes: Set<BoltProblem.Code> { Set(problems.map(\.code)) }
}

/// Checks bytes as a stream that comes in pieces of the given size.
func check(_ bytes: [UInt8], probes: [BoltProbe] = [], pieces: Int = .max, memoryLimit: Int? = nil) -> BoltReport {
  var checker = BoltStreamChecker(
    probes: probes, memoryLimit: memoryLimit ?? BoltStreamChecker.defaultMemoryLimit)
  var offset = 0
  while offset < bytes.count {
    let end = offset + min(pieces, bytes.count - offset)
    checker.consume(ByteBuffer(bytes: bytes[offset..<end]))
    offset = end
  }
  return checker.finish()
}

/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
