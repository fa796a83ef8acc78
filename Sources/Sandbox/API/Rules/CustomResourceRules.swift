import KubernetesModel

/// Objects of a CustomResourceDefinition: validated by the schema of their version.
struct CustomResourceRules: ResourceRules {
  let schema: Schema

  var allowsUnconditionalUpdate: Bool { false }
  var hasGeneration: Bool { true }

  func validate(_ object: JSONValue) -> [FieldError] { SchemaValidator.validateObject(object, schema) }
}
