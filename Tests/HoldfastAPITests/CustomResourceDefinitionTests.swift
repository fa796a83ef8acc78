import Foundation
import KubernetesModel
import Testing

@testable import HoldfastAPI

/// The files in `crds/` and the Swift types say the same.
struct CustomResourceDefinitionTests {
  static func crd(_ plural: String) throws -> JSONValue { try Fixtures.yaml(at: "crds/holdfast.dev_\(plural).yaml") }

  static func schema(_ plural: String) throws -> JSONValue {
    let version = try #require(try crd(plural)[path: "spec", "versions"]?.arrayValue?.first)
    return try #require(version[path: "schema", "openAPIV3Schema", "properties"])
  }

  @Test func everyFieldIsInBothAndHasADescription() throws {
    try compare(Populated.policySpec, "backuppolicies", "spec")
    try compare(Populated.policyStatus, "backuppolicies", "status")
    try compare(Populated.backupSpec, "backups", "spec")
    try compare(Populated.backupStatus, "backups", "status")
    try compare(Populated.restoreSpec, "restorerequests", "spec")
    try compare(Populated.restoreStatus, "restorerequests", "status")
  }

  private func compare(_ value: some Encodable, _ plural: String, _ part: String) throws {
    #expect(Populated.unset(in: value) == [], "set these fields in Populated")
    let schema = try #require(try Self.schema(plural)[part])
    compare(try JSONValue(encoding: value), schema, "\(plural) \(part)")
  }

  private func compare(_ value: JSONValue, _ schema: JSONValue, _ path: String) {
    // Folders and commands of a machine are for plans outside a cluster; the API has no such field.
    let ownedBySwift = path.hasSuffix("filesystem") ? ["path"] : path.hasSuffix("openZiti") ? ["host"] : []
    if schema["x-kubernetes-preserve-unknown-fields"] == true { return }
    switch value {
    case .object(let members):
      #expect(schema["type"] == "object", "\(path)")
      if let items = schema["additionalProperties"] {
        for member in members.values { compare(member, items, path + "{}") }
        return
      }
      let properties = schema["properties"]?.objectValue ?? [:]
      #expect(Set(properties.keys) == Set(members.keys).subtracting(ownedBySwift), "\(path)")
      for (key, property) in properties {
        if property["x-kubernetes-int-or-string"] != true {
          #expect(property["description"]?.stringValue?.isEmpty == false, "\(path).\(key) has no description")
        }
        if let member = members[key] { compare(member, property, "\(path).\(key)") }
      }
    case .array(let items):
      #expect(schema["type"] == "array", "\(path)")
      for item in items { compare(item, schema["items"] ?? [:], path + "[]") }
    case .bool: #expect(schema["type"] == "boolean", "\(path)")
    case .integer: #expect(schema["type"] == "integer" || schema["x-kubernetes-int-or-string"] == true, "\(path)")
    case .string: #expect(schema["type"] == "string" || schema["x-kubernetes-int-or-string"] == true, "\(path)")
    case .number: #expect(schema["type"] == "number", "\(path)")
    case .null: Issue.record("\(path) is \(value)")
    }
  }

  @Test func enumsAreEqual() throws {
    func values(_ plural: String, _ path: String...) throws -> [String] { try values(plural, path) }
    func values(_ plural: String, _ path: [String]) throws -> [String] {
      var node = try Self.schema(plural)
      for step in path {
        node = try #require(step == "[]" ? node["items"] : (node["properties"] ?? node)[step], "\(path)")
      }
      return try #require(node["enum"]?.arrayValue).compactMap(\.stringValue)
    }
    let phases = Backup.Phase.allCases.map(\.rawValue)
    #expect(try values("backuppolicies", "spec", "target", "provider") == Target.Provider.allCases.map(\.rawValue))
    let source = ["spec", "sources", "[]"]
    #expect(
      try values("backuppolicies", source + ["openZiti", "snapshot"])
        == Source.OpenZiti.Snapshot.allCases.map(\.rawValue))
    #expect(
      try values("backuppolicies", source + ["openZiti", "retrieval"])
        == Source.OpenZiti.Retrieval.allCases.map(\.rawValue))
    #expect(try values("backuppolicies", source + ["etcd", "api"]) == Source.Etcd.API.allCases.map(\.rawValue))
    #expect(try values("backuppolicies", ["spec", "preUpgrade", "workloads", "[]", "kind"]) == PreUpgrade.kinds)
    for (plural, path) in [
      ("backuppolicies", ["spec", "target"]), ("restorerequests", ["spec", "from", "location", "target"]),
    ] {
      func target(_ fields: String...) throws -> [String] {
        var node = try Self.schema(plural)
        for step in path + fields { node = try #require((node["properties"] ?? node)[step], "\(path) \(fields)") }
        return try #require(node["enum"]?.arrayValue).compactMap(\.stringValue)
      }
      #expect(try target("provider") == Target.Provider.allCases.map(\.rawValue))
      #expect(try target("checksum") == Target.Checksum.allCases.map(\.rawValue))
      #expect(try target("azure", "cloud") == Target.Azure.Cloud.allCases.map(\.rawValue))
      #expect(try target("azure", "accessTier") == Target.Azure.AccessTier.allCases.map(\.rawValue))
    }
    #expect(try values("backuppolicies", "spec", "compression") == Compression.allCases.map(\.rawValue))
    #expect(try values("backuppolicies", "status", "lastBackup", "phase") == phases)
    #expect(try values("backups", "status", "phase") == phases)
    #expect(try values("backups", "status", "trigger") == BackupTrigger.allCases.map(\.rawValue))
    #expect(
      try values("backups", "status", "verification", "depth") == Backup.VerificationDepth.allCases.map(\.rawValue))
    #expect(try values("backups", "spec", "deletionPolicy") == Backup.DeletionPolicy.allCases.map(\.rawValue))
    #expect(
      try values("restorerequests", "spec", "conflictPolicy") == RestoreRequest.ConflictPolicy.allCases.map(\.rawValue))
    #expect(
      try values("restorerequests", source + ["openZiti", "workload", "kind"])
        == RestoreRequest.OpenZitiDestination.Workload.Kind.allCases.map(\.rawValue))
    #expect(try values("restorerequests", "status", "phase") == RestoreRequest.Phase.allCases.map(\.rawValue))
    #expect(
      try values("restorerequests", "status", "steps", "[]", "state")
        == RestoreRequest.Step.State.allCases.map(\.rawValue))
    #expect(Set(Source.CodingKeyNames.kinds) == Set(SourceKind.allCases.map(\.rawValue)))
  }

  /// A target is a target, whichever object it is part of.
  @Test func bothDefinitionsOfATargetAreEqual() throws {
    var policys = try #require(try Self.schema("backuppolicies")[path: "spec", "properties", "target"])
    var locations = try #require(
      try Self.schema("restorerequests")[
        path: "spec", "properties", "from", "properties", "location", "properties", "target"])
    policys["description"] = nil
    locations["description"] = nil
    #expect(policys == locations)
  }

  /// Defaults are in Swift alone: a plan outside a cluster needs them too, and a default in two places drifts.
  @Test func schemasHaveNoDefaults() throws {
    func defaults(_ node: JSONValue, _ path: String) -> [String] {
      switch node {
      case .object(let members):
        let own = members["default"] != nil && members["type"] != nil ? [path] : []
        return own + members.flatMap { defaults($0.value, "\(path).\($0.key)") }
      case .array(let items): return items.flatMap { defaults($0, path) }
      default: return []
      }
    }
    for plural in ["backuppolicies", "backups", "restorerequests"] {
      #expect(defaults(try Self.schema(plural), plural) == [])
    }
  }

  @Test(arguments: [
    (BackupPolicy.resource, "bpol", ["Schedule", "Protected", "Last Success", "Next", "Backups", "Age"]),
    (Backup.resource, "bkp", ["Policy", "Phase", "Trigger", "Size", "Started", "Completed", "Age"]),
    (RestoreRequest.resource, "rreq", ["Phase", "Backup", "Started", "Age"]),
  ])
  func namesAndColumnsAreAsDesigned(resource: ResourceType, shortName: String, columns: [String]) throws {
    let crd = try Self.crd(resource.plural)
    #expect(crd[path: "metadata", "name"]?.stringValue == "\(resource.plural).\(resource.group)")
    #expect(crd[path: "spec", "names", "kind"]?.stringValue == resource.kind)
    #expect(crd[path: "spec", "names", "shortNames"] == [.string(shortName)])
    #expect(crd[path: "spec", "names", "categories"] == ["holdfast"])
    let version = try #require(crd[path: "spec", "versions"]?.arrayValue?.first)
    #expect(version["name"]?.stringValue == resource.version)
    #expect(version["subresources"] == ["status": [:]])
    let shown = try #require(version["additionalPrinterColumns"]?.arrayValue).filter { $0["priority"] == nil }
    #expect(shown.compactMap { $0["name"]?.stringValue } == columns)
  }

  @Test func examplesAreValid() throws {
    let folder = Fixtures.root.appending(path: "docs/examples")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(!files.isEmpty)
    for file in files {
      for document in try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n---\n")
      {
        let object = try Fixtures.yaml(String(document))
        switch object["kind"]?.stringValue {
        case "BackupPolicy": #expect(try object.decoded(as: BackupPolicy.self).validate() == [], "\(file)")
        case "Backup":
          var backup = try object.decoded(as: Backup.self)
          backup.metadata.name = backup.metadata.name ?? (backup.metadata.generateName ?? "") + "x7k2p"
          #expect(backup.validate() == [], "\(file)")
        case "RestoreRequest": #expect(try object.decoded(as: RestoreRequest.self).validate() == [], "\(file)")
        default: continue
        }
        let part = object["kind"]!.stringValue!.lowercased()
        let plural = part == "backuppolicy" ? "backuppolicies" : part + "s"
        #expect(unknownFields(of: object["spec"]!, try Self.schema(plural)["spec"]!, "spec") == [], "\(file)")
      }
    }
  }

  private func unknownFields(of value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
    switch value {
    case .object(let members):
      if schema["x-kubernetes-preserve-unknown-fields"] == true || schema["additionalProperties"] != nil { return [] }
      return members.flatMap { key, member in
        guard let property = schema["properties"]?[key] else { return ["\(path).\(key)"] }
        return unknownFields(of: member, property, "\(path).\(key)")
      }
    case .array(let items): return items.flatMap { unknownFields(of: $0, schema["items"] ?? [:], path) }
    default: return []
    }
  }
}

extension Source {
  /// The kinds that a source's JSON can have.
  enum CodingKeyNames {
    static var kinds: [String] {
      ((try? JSONValue(encoding: Populated.source))?.objectValue ?? [:]).keys.filter { $0 != "name" }
    }
  }
}
