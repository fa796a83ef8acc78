/// What the fields of built-in kinds mean, for `kubectl explain`: one line each.
///
/// Written as one entry for a type, under the prefix of its name in OpenAPI documents; a line that is indented goes on
/// with the one before:
///
///     # io.k8s.api.batch.v1
///     Job: Job represents the configuration of a single job; spec: Specification of the desired behavior of a job
struct Descriptions: Sendable {
  static let shared = Descriptions()

  private struct Entry {
    var text: String
    var fields: [String: String]
  }

  /// By component name, such as `io.k8s.api.batch.v1.Job`.
  private let entries: [String: Entry]

  private init() {
    var entries: [String: Entry] = [:]
    for table in [
      Self.coreAtoD, Self.coreEtoO, Self.corePtoR, Self.coreStoZ, Self.admissionToEvents, Self.networkingToMeta,
      Self.reviews,
    ] {
      var prefix = ""
      for line in Self.joined(table) {
        if line.hasPrefix("# ") {
          prefix = String(line.dropFirst(2))
        } else {
          let parts = line.split(separator: "; ").map(Self.parted)
          guard let first = parts.first else { continue }
          entries["\(prefix).\(first.name)"] = Entry(
            text: first.text,
            fields: Dictionary(parts.dropFirst().map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first }))
        }
      }
    }
    self.entries = entries
  }

  private static func joined(_ table: String) -> [String] {
    var lines: [String] = []
    for line in table.split(separator: "\n") {
      if line.hasPrefix(" "), !lines.isEmpty {
        lines[lines.count - 1] += " " + line.drop { $0 == " " }
      } else {
        lines.append(String(line))
      }
    }
    return lines
  }

  private static func parted(_ text: Substring) -> (name: String, text: String) {
    let name = text.prefix { $0 != ":" }
    let rest = text.dropFirst(name.count + 1).drop { $0 == " " }
    return (String(name), rest.isEmpty || rest.hasSuffix(".") ? String(rest) : rest + ".")
  }

  /// - Parameter type: A component name.
  func description(of type: String) -> String? { entries[type]?.text }

  func description(of field: String, in type: String) -> String? { entries[type]?.fields[field] }
}
