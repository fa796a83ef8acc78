import CZlib
import Foundation

@testable import Age

/// One test vector of C2SP/CCTV; see the README beside the files.
struct Vector: Sendable, CustomStringConvertible {
  var name: String
  var expect: String
  var payload: String?
  var identities: [String] = []
  var passphrases: [String] = []
  var isArmored = false
  var file: [UInt8] = []

  var description: String { name }

  var isHybrid: Bool { identities.contains { $0.hasPrefix("AGE-SECRET-KEY-PQ-") } }

  static let all: [Vector] = {
    let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/vectors")
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return names.map { try! Vector(name: $0, bytes: Array(Data(contentsOf: folder.appending(path: $0)))) }
  }()

  init(name: String, bytes: [UInt8]) throws {
    self.name = name
    expect = ""
    var rest = bytes[...]
    var isCompressed = false
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end > rest.startIndex {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      switch parts[0] {
      case "expect": expect = parts[1]
      case "payload": payload = parts[1]
      case "identity": identities.append(parts[1])
      case "passphrase": passphrases.append(parts[1])
      case "armored": isArmored = parts[1] == "yes"
      case "compressed": isCompressed = parts[1] == "zlib"
      case "file key", "comment": break
      default: throw ToolFailure(description: "\(name): unknown key \(parts[0])")
      }
    }
    let body = Array(rest.dropFirst())
    file = isCompressed ? try Self.inflate(body) : body
  }

  private static func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
    var target = [UInt8](repeating: 0, count: 32 << 20)
    var count = UInt(target.count)
    guard uncompress(&target, &count, bytes, UInt(bytes.count)) == Z_OK else {
      throw ToolFailure(description: "zlib")
    }
    return Array(target.prefix(Int(count)))
  }
}
