import Foundation
import KubernetesModel

/// What a server gives kubectl to print: `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`
/// (https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables).
enum Tables {
  /// The query parameter `includeObject`.
  enum IncludeObject: String, Sendable {
    case none = "None"
    case metadata = "Metadata"
    case object = "Object"
  }

  /// - Parameters:
  ///   - crdColumns: `additionalPrinterColumns` of the version; nil for a built-in kind.
  ///   - listMeta: Of the list that the table stands for.
  static func table(
    of objects: [JSONValue], resource: ResourceType, crdColumns: [JSONValue]?,
    includeObject: IncludeObject = .metadata, listMeta: JSONValue? = nil, now: Date
  ) -> JSONValue {
    let columns = columns(of: resource, crdColumns: crdColumns)
    return [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": listMeta ?? [:],
      "columnDefinitions": .array(columns.map(\.definition)),
      "rows": .array(objects.map { row($0, columns: columns, includeObject: includeObject, now: now) }),
    ]
  }

  static func columns(of resource: ResourceType, crdColumns: [JSONValue]?) -> [TableColumn] {
    guard let crdColumns else { return builtIn[resource.qualifiedPlural] ?? [.name, .age] }
    // A definition without columns shows the age.
    if crdColumns.isEmpty { return [.name, .age] }
    return [.name] + crdColumns.compactMap(TableColumn.custom)
  }

  private static func row(
    _ object: JSONValue, columns: [TableColumn], includeObject: IncludeObject, now: Date
  ) -> JSONValue {
    var row: JSONValue = ["cells": .array(columns.map { $0.cell(object, now) })]
    switch includeObject {
    case .none: break
    case .object: row["object"] = object
    case .metadata:
      row["object"] = [
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"] ?? [:],
      ]
    }
    return row
  }
}
