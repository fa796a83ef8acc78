/// Where in an object a field is, as error messages write it: `spec.sources[0].name`, `metadata.labels[a/b]`.
struct FieldPath: Sendable, Hashable, CustomStringConvertible {
  var description: String

  static let root = FieldPath(description: "")

  init(description: String) { self.description = description }

  init(_ path: String) { description = path }

  func child(_ name: String) -> FieldPath {
    FieldPath(description: description.isEmpty ? name : "\(description).\(name)")
  }

  func index(_ index: Int) -> FieldPath { FieldPath(description: "\(description)[\(index)]") }

  func key(_ key: String) -> FieldPath { FieldPath(description: "\(description)[\(key)]") }
}
