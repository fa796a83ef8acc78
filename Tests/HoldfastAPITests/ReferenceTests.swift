import Foundation
import KubernetesModel
import Testing

@testable import HoldfastAPI

/// `docs/reference.md` has every field of the definitions in `crds/`.
struct ReferenceTests {
  /// What is documented in one place for several fields: as in another kind, or as in Kubernetes itself.
  private static let elsewhere = [
    "spec.sources[].vault", "spec.from.location.target", "spec.executor.resources", "spec.executor.tolerations",
    "spec.executor.affinity", "spec.executor.env", "status.conditions",
  ]

  /// Fields and reasons whose documentation follows.
  private static let pending = ["spec.sources[].", "spec.preUpgrade", "spec.executor.runAsUser"]
  private static let pendingReasons = ["NotTrusted", "PartiallyCaptured"]

  private static func fields(_ node: JSONValue, _ path: String, of plural: String) -> [String] {
    if elsewhere.contains(path) || node["x-kubernetes-preserve-unknown-fields"] == true { return [path] }
    // A restore has the sources and the executor of a policy.
    if plural == "restorerequests", path.hasPrefix("spec.sources[].") || path == "spec.executor" { return [path] }
    if let items = node["items"] { return [path] + fields(items, path + "[]", of: plural).filter { $0 != path + "[]" } }
    let properties = node["properties"]?.objectValue ?? [:]
    // `{name, key?}` is one thing to say.
    if !properties.isEmpty, Set(properties.keys).isSubset(of: ["name", "key"]), path != "spec" { return [path] }
    return [path] + properties.flatMap { fields($0.value, "\(path).\($0.key)", of: plural) }
  }

  /// A path is written out, or without its beginning: `…openBao.address`.
  private static func isDocumented(_ path: String, in text: String) -> Bool {
    if text.contains("`\(path)`") { return true }
    var rest = Substring(path)
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      if text.contains("`…\(rest)`") { return true }
    }
    return false
  }

  @Test(arguments: ["backuppolicies", "backups", "restorerequests"], ["spec", "status"])
  func everyFieldIsInTheReference(plural: String, part: String) throws {
    let text = try String(contentsOf: Fixtures.root.appending(path: "docs/reference.md"), encoding: .utf8)
    let schema = try #require(try CustomResourceDefinitionTests.schema(plural)[part])
    let missing = Self.fields(schema, part, of: plural).filter { path in
      // `policyRef.name` stands for the reference.
      path != part && !Self.pending.contains(where: path.hasPrefix) && !Self.isDocumented(path, in: text)
        && !Self.isDocumented(path + ".name", in: text)
    }
    #expect(missing.sorted() == [], "\(plural)")
  }

  private struct Field {
    var path: String
    var description: String
  }

  private static func everyField(_ node: JSONValue, _ path: String) -> [Field] {
    (node["properties"]?.objectValue ?? [:]).flatMap { name, schema -> [Field] in
      let here = "\(path).\(name)"
      var inner = schema["items"] ?? schema
      var suffix = schema["items"] == nil ? "" : "[]"
      if let values = inner["additionalProperties"], values.objectValue != nil {
        (inner, suffix) = (values, suffix + ".*")
      }
      let text = (schema["description"]?.stringValue ?? "").split { $0.isWhitespace }.joined(separator: " ")
      return [Field(path: here, description: text.replacingOccurrences(of: "|", with: "\\|"))]
        + everyField(inner, here + suffix)
    }
  }

  /// The page is made from the definitions; this holds it to them field by field, in the part of its kind.
  @Test(arguments: [("backuppolicies", "BackupPolicy"), ("backups", "Backup"), ("restorerequests", "RestoreRequest")])
  func thePageOfFieldsHasEachWithItsDescription(plural: String, kind: String) throws {
    let page = try String(contentsOf: Fixtures.root.appending(path: "docs/fields.md"), encoding: .utf8)
    let part = try #require(page.components(separatedBy: "\n## ").first { $0.hasPrefix("\(kind) (") })
    let rows = part.split(separator: "\n").filter { $0.hasPrefix("| `") }
    var fields: [Field] = []
    for top in ["spec", "status"] {
      fields += Self.everyField(try #require(try CustomResourceDefinitionTests.schema(plural)[top]), top)
    }
    #expect(rows.count == fields.count, "run .ci/check-chart --fix")
    for field in fields {
      let row = rows.first { $0.hasPrefix("| `\(field.path)` |") }
      #expect(row?.contains("| \(field.description)") == true, "\(field.path); run .ci/check-chart --fix")
      // The one exception is a field of Kubernetes' own, whose description is empty there too.
      #expect(!field.description.isEmpty || field.path.hasSuffix(".divisor"), "\(field.path) has no description")
    }
  }

  /// One page: what it is, two commands, a policy, a restore, and where to read on.
  @Test func theReadmeIsOnePage() throws {
    let text = try String(contentsOf: Fixtures.root.appending(path: "README.md"), encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 130)
    for link in text.matches(of: /\]\((docs\/[^)#]*)/).map({ String($0.1) }) {
      #expect(FileManager.default.fileExists(atPath: Fixtures.root.appending(path: link).path), "\(link)")
    }
  }

  @Test func everyReasonIsInTheListOfReasons() throws {
    let text = try String(contentsOf: Fixtures.root.appending(path: "docs/reasons.md"), encoding: .utf8)
    let source = try String(
      contentsOf: Fixtures.root.appending(path: "Sources/HoldfastAPI/Reason.swift"), encoding: .utf8)
    let reasons = source.matches(of: /Reason\("([A-Za-z]+)"\)/).map { String($0.1) }
    #expect(reasons.count > 30)
    #expect(reasons.filter { !text.contains("`\($0)`") && !Self.pendingReasons.contains($0) } == [])
  }
}
