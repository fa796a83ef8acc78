import Foundation
import KubernetesModel

/// One column of a `meta.k8s.io/v1` Table, and how its cells are found.
struct TableColumn: Sendable {
  var name: String
  var type = "string"
  var format = ""
  var description = ""
  /// 0 is always shown, above that only with `-o wide`.
  var priority: Int64 = 0
  var cell: @Sendable (_ object: JSONValue, _ now: Date) -> JSONValue

  var definition: JSONValue {
    [
      "name": .string(name), "type": .string(type), "format": .string(format), "description": .string(description),
      "priority": .integer(priority),
    ]
  }

  init(
    _ name: String, type: String = "string", format: String = "", description: String = "", priority: Int64 = 0,
    cell: @escaping @Sendable (JSONValue, Date) -> JSONValue
  ) {
    self.name = name
    self.type = type
    self.format = format
    self.description = description
    self.priority = priority
    self.cell = cell
  }

  /// The name column, which kubectl knows by its format.
  static let name = TableColumn("Name", format: "name", description: "Name must be unique within a namespace.") {
    object, _ in .string(object.objectName)
  }

  static let age = TableColumn("Age", description: "Time since creation.") { object, now in
    .string(HumanDuration.since(object.time("metadata", "creationTimestamp"), now: now))
  }

  /// A string at a path, or a fallback.
  static func text(_ name: String, _ path: String..., fallback: String = "", priority: Int64 = 0) -> TableColumn {
    TableColumn(name, priority: priority) { object, _ in
      var current: JSONValue? = object
      for key in path { current = current?[key] }
      return .string(current.map(display) ?? fallback)
    }
  }

  /// A column of a custom resource definition.
  /// - Parameter column: An item of `additionalPrinterColumns`.
  static func custom(_ column: JSONValue) -> TableColumn? {
    guard let name = column["name"]?.stringValue, let text = column["jsonPath"]?.stringValue,
      let path = try? JSONPath(text)
    else { return nil }
    let type = column["type"]?.stringValue ?? "string"
    return TableColumn(
      name, type: type, format: column["format"]?.stringValue ?? "",
      description: column["description"]?.stringValue ?? "", priority: column["priority"]?.integerValue ?? 0
    ) { object, now in
      let values = path.values(in: object).filter { !$0.isNull }
      guard let first = values.first else { return .null }
      switch type {
      case "date": return .string(HumanDuration.since(first.stringValue.flatMap { RFC3339.parse($0) }, now: now))
      case "integer", "number", "boolean": return values.count == 1 ? first : .null
      // Of several values a real server shows the first.
      default: return .string(display(first))
      }
    }
  }

  /// As Go prints a JSON value.
  static func display(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .bool(let value): String(value)
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .string(let value): value
    case .array, .object: (try? value.serialized()).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
  }
}
