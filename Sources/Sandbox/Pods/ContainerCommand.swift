import Foundation
import KubernetesModel

/// What to run for a container: program, arguments, environment and folder, with the paths of this machine.
struct ContainerCommand: Sendable {
  var arguments: [String]
  var environment: [String: String]
  var workingDirectory: String?
  /// For other commands in the same container.
  var rewriting = PathRewriting(root: "", mountPaths: [])

  /// - Throws: ``StartProblem`` as the kubelet reports it: an unknown image, a missing key of a Secret or ConfigMap.
  static func resolve(
    _ container: JSONValue, pod: JSONValue, images: ImageMap, rewriting: PathRewriting, cluster: any ClusterAccess
  ) async throws(StartProblem) -> ContainerCommand {
    let image = container["image"]?.stringValue ?? ""
    guard let entrypoint = images.entrypoint(of: image) else {
      throw StartProblem(
        reason: "ErrImagePull",
        message: "the sandbox has no program for image \"\(image)\"; start it with --image \(image)=/path/to/program",
        event: "Failed")
    }
    let environment = try await environment(of: container, pod: pod, cluster: cluster)
    let command = container["command"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let arguments = container["args"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let line =
      (command.isEmpty ? entrypoint : [])
      + (command + arguments).map { text in
        rewriting.rewrite(expand(text, with: environment))
      }
    return ContainerCommand(
      arguments: line,
      environment: Dictionary(
        uniqueKeysWithValues: environment.map {
          ($0, $0 == "PATH" ? rewriting.rewriteList($1) : rewriting.rewrite($1))
        }),
      workingDirectory: container["workingDir"]?.stringValue.map { rewriting.rewrite($0) }, rewriting: rewriting)
  }

  private static func environment(of container: JSONValue, pod: JSONValue, cluster: any ClusterAccess)
    async throws(StartProblem) -> [String: String]
  {
    var result = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": pod.objectName]
    // Where a client library in a pod looks for the API server; this one listens on the loopback interface alone.
    let service = try? await cluster.get(.services, namespace: "default", name: "kubernetes")
    if let port = service?[path: "spec", "ports"]?.arrayValue?.first?["port"]?.integerValue {
      result["KUBERNETES_SERVICE_HOST"] = "127.0.0.1"
      result["KUBERNETES_SERVICE_PORT"] = String(port)
    }
    for source in container["envFrom"]?.arrayValue ?? [] {
      let prefix = source["prefix"]?.stringValue ?? ""
      for (field, resource) in [("configMapRef", ResourceType.configMaps), ("secretRef", .secrets)] {
        guard let reference = source[field] else { continue }
        for (key, value) in try await data(reference, resource, pod: pod, cluster: cluster) ?? [:] {
          result[prefix + key] = String(decoding: value, as: UTF8.self)
        }
      }
    }
    for variable in container["env"]?.arrayValue ?? [] {
      guard let name = variable["name"]?.stringValue else { continue }
      if let source = variable["valueFrom"] {
        if let value = try await value(from: source, pod: pod, cluster: cluster) { result[name] = value }
      } else {
        result[name] = expand(variable["value"]?.stringValue ?? "", with: result)
      }
    }
    return result
  }

  private static func value(from source: JSONValue, pod: JSONValue, cluster: any ClusterAccess)
    async throws(StartProblem) -> String?
  {
    if let field = source["fieldRef"]?["fieldPath"]?.stringValue { return PodField.value(of: field, in: pod) }
    for (member, resource) in [("configMapKeyRef", ResourceType.configMaps), ("secretKeyRef", .secrets)] {
      guard let reference = source[member] else { continue }
      guard let data = try await data(reference, resource, pod: pod, cluster: cluster) else { return nil }
      let key = reference["key"]?.stringValue ?? ""
      if let value = data[key] { return String(decoding: value, as: UTF8.self) }
      if reference["optional"]?.boolValue == true { return nil }
      throw StartProblem(
        reason: "CreateContainerConfigError",
        message:
          "couldn't find key \(key) in \(resource.kind) \(pod.namespace ?? "")/\(reference["name"]?.stringValue ?? "")",
        event: "Failed")
    }
    return nil
  }

  private static func data(
    _ reference: JSONValue, _ resource: ResourceType, pod: JSONValue, cluster: any ClusterAccess
  ) async throws(StartProblem) -> [String: Data]? {
    let name = reference["name"]?.stringValue ?? ""
    if let object = try? await cluster.get(resource, namespace: pod.namespace, name: name) {
      return ObjectData.read(object)
    }
    if reference["optional"]?.boolValue == true { return nil }
    throw StartProblem(
      reason: "CreateContainerConfigError", message: "\(resource.kind.lowercased()) \"\(name)\" not found",
      event: "Failed")
  }

  /// `$(NAME)` is replaced where the variable exists; `$$` stands for `$`.
  static func expand(_ text: String, with environment: [String: String]) -> String {
    guard text.contains("$") else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        result += "$"
        rest = rest.dropFirst()
      } else if rest.first == "(", let close = rest.firstIndex(of: ")") {
        let name = String(rest[rest.index(after: rest.startIndex)..<close])
        result += environment[name] ?? "$(\(name))"
        rest = rest[rest.index(after: close)...]
      } else {
        result += "$"
      }
    }
    return result + rest
  }
}
