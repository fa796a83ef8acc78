import KubernetesModel

/// RFC 6901.
struct JSONPointer {
  let tokens: [String]

  /// - Returns: nil where `text` is neither empty nor begins with `/`.
  init?(_ text: String) {
    guard !text.isEmpty else {
      tokens = []
      return
    }
    guard text.hasPrefix("/") else { return nil }
    tokens = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
      String($0).replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }

  func value(in document: JSONValue) -> JSONValue? {
    var current = document
    for token in tokens {
      switch current {
      case .object(let members):
        guard let next = members[token] else { return nil }
        current = next
      case .array(let items):
        guard let index = Self.index(token), index < items.count else { return nil }
        current = items[index]
      default:
        return nil
      }
    }
    return current
  }

  /// An array index: digits without a leading zero.
  static func index(_ token: String) -> Int? {
    guard token == "0" || !token.hasPrefix("0"), token.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return Int(token)
  }
}
