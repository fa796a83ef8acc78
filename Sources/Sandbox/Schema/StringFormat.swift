import Foundation
import KubernetesModel

/// The `format` keywords that an API server checks on strings; an unknown one passes, as it does there.
enum StringFormat {
  static func matches(_ text: String, _ format: String) -> Bool {
    switch format {
    case "date-time", "datetime": RFC3339.parse(text) != nil
    case "date": RFC3339.parse("\(text)T00:00:00Z") != nil
    case "byte": Data(base64Encoded: text) != nil
    case "uuid", "uuid3", "uuid4", "uuid5": UUID(uuidString: text) != nil
    case "uri": URL(string: text)?.scheme != nil
    case "ipv4": IPAddress.isIPv4(text)
    case "ipv6": IPAddress.isIPv6(text)
    case "ip": IPAddress.isIPv4(text) || IPAddress.isIPv6(text)
    case "cidr": IPAddress.isNetwork(text)
    case "duration": isDuration(text)
    case "email": text.contains("@") && !text.hasPrefix("@") && !text.hasSuffix("@")
    case "hostname": !text.isEmpty && text.utf8.count <= 255 && !text.contains(" ") && !text.contains("_")
    default: true
    }
  }

  /// A Go duration such as `1h30m`, which is what Kubernetes' `duration` format takes.
  private static func isDuration(_ text: String) -> Bool {
    PatternCache.shared.matches(text, #"^[+-]?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$"#)
      || PatternCache.shared.matches(
        text, #"^[0-9]+\s*(ns|nanoseconds?|us|µs|μs|ms|s|m|h|hr|d|w|seconds?|minutes?|hours?|days?|weeks?)$"#)
  }
}

enum IPAddress {
  static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { $0.count <= 3 && UInt8($0) != nil }
  }

  static func isIPv6(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET6, text, &address) == 1
  }

  static func isNetwork(_ text: String) -> Bool {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let bits = Int(parts[1]), bits >= 0 else { return false }
    return isIPv4(String(parts[0])) && bits <= 32 || isIPv6(String(parts[0])) && bits <= 128
  }
}
