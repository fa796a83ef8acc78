internal import Foundation
public import KubernetesModel

/// Names in a resource set. The format is written down in `docs/format.md`.
public enum ResourceSetFormat {
  /// `major.minor`; readers take any minor version of a major one that they know.
  public static let version = "1.0"
  /// In the first member, by which a resource set is known from any other archive.
  public static let identifier = "holdfast.dev/resource-set"
  public static let header = "metadata.yaml"
  public static let index = "index.yaml"
  public static let folder = "resources"
  /// The folder of the core group, whose name is empty.
  public static let coreGroup = "core"
  /// In place of a namespace, for objects that are in none. No namespace has such a name.
  public static let noNamespace = "_cluster"

  /// `resources/<group>/<version>/<plural>/<namespace or _cluster>/<name>.yaml`.
  public static func path(of resource: ResourceType, namespace: String?, name: String) -> String {
    let group = resource.group.isEmpty ? coreGroup : component(resource.group)
    let scope = resource.isNamespaced ? namespace.map(component) ?? noNamespace : noNamespace
    return [folder, group, component(resource.version), component(resource.plural), scope, fileName(name)]
      .joined(separator: "/")
  }

  /// A name as a part of a path, on any file system: letters, digits, `.`, `-` and `_` stand for themselves, every other
  /// byte is `%` and two digits, and so is a dot at the beginning.
  static func component(_ name: String) -> String {
    var result = ""
    for (index, byte) in name.utf8.enumerated() {
      let isPlain =
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
          true
        case UInt8(ascii: "."), UInt8(ascii: "_"): index > 0
        default: false
        }
      result += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return result.isEmpty ? "%" : result
  }

  /// File systems end at 255 bytes: a longer name is cut and gets a number made of it. The object holds the whole name.
  private static func fileName(_ name: String) -> String {
    let encoded = component(name)
    guard encoded.utf8.count > 240 else { return encoded + ".yaml" }
    return "\(encoded.prefix(220))~\(String(fnv1a(name), radix: 16)).yaml"
  }

  private static func fnv1a(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
