import KubernetesModel

/// The annotation in which client-side `kubectl apply` keeps its configuration.
enum LastApplied {
  private static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

  /// The fields of the kept configuration; nil without a readable one.
  static func fields(of object: JSONValue, schema: Schema) -> FieldSet? {
    guard let text = object.annotations[annotation],
      let configuration = try? JSONReader.parse(text.utf8).value
    else { return nil }
    return FieldSet(of: configuration, schema: schema)
  }

  /// The object with the annotation at the applied configuration.
  static func refreshed(_ object: JSONValue, with applied: JSONValue) -> JSONValue {
    guard var annotations = object[path: "metadata", "annotations"], annotations[annotation] != nil else {
      return object
    }
    var configuration = applied
    if configuration[path: "metadata", "annotations", annotation] != nil {
      var own = applied[path: "metadata", "annotations"] ?? [:]
      own[annotation] = nil
      configuration["metadata"]?["annotations"] = own
    }
    annotations[annotation] = .string(JSONWriter.text(configuration) + "\n")
    var object = object
    object["metadata"]?["annotations"] = annotations
    return object
  }
}
