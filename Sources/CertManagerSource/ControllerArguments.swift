import KubernetesModel

/// Reads a flag of a controller from its Deployment.
enum ControllerArguments {
  /// The value of `--<flag>` in the Deployment's containers, with references to their environment resolved.
  ///
  /// Charts write `--cluster-resource-namespace=$(POD_NAMESPACE)`, with the variable from the downward API.
  static func value(of flag: String, in deployment: JSONValue) -> String? {
    let containers = deployment[path: "spec", "template", "spec", "containers"]?.arrayValue ?? []
    for container in containers {
      let words = ["command", "args"].flatMap { container[$0]?.arrayValue ?? [] }.compactMap(\.stringValue)
      for (index, word) in words.enumerated() {
        if word.hasPrefix("--\(flag)=") {
          return expand(String(word.dropFirst(flag.count + 3)), container, deployment)
        }
        if word == "--\(flag)", index + 1 < words.count { return expand(words[index + 1], container, deployment) }
      }
    }
    return nil
  }

  /// https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
  private static func expand(_ text: String, _ container: JSONValue, _ deployment: JSONValue) -> String? {
    guard text.hasPrefix("$("), text.hasSuffix(")") else { return text.isEmpty ? nil : text }
    let name = text.dropFirst(2).dropLast()
    guard let variable = container["env"]?.arrayValue?.first(where: { $0["name"]?.stringValue == String(name) }) else {
      return nil
    }
    if let value = variable["value"]?.stringValue { return value }
    let field = variable[path: "valueFrom", "fieldRef", "fieldPath"]?.stringValue
    return field == "metadata.namespace" ? deployment.namespace : nil
  }
}
