import Foundation
import KubernetesModel

/// A reason why a container cannot start yet or at all, as the kubelet shows it in `state.waiting`.
struct StartProblem: Error {
  /// For example `CreateContainerConfigError`.
  let reason: String
  let message: String
  /// For an Event; nil writes none.
  var event: String?
}

/// Makes the folders and files behind a pod's volumes.
struct VolumeBuilder: Sendable {
  let cluster: any ClusterAccess
  /// Of this pod.
  let folder: String
  /// Where claims' contents are: they outlive the pod.
  let claims: String
  /// Makes a service account token for an audience.
  let issueToken: @Sendable (_ namespace: String, _ account: String, _ audience: String, _ seconds: Int64) -> String

  /// Where the pod asks for no mode: the machine is shared, so that it is stricter than the kubelet's.
  private static let ownMode: Int64 = 0o600

  /// - Returns: The path on this machine for each volume.
  func build(_ pod: JSONValue) async throws(StartProblem) -> [String: String] {
    var paths: [String: String] = [:]
    for volume in pod[path: "spec", "volumes"]?.arrayValue ?? [] {
      let name = volume["name"]?.stringValue ?? ""
      paths[name] = try await build(volume, name: name, pod: pod)
    }
    return paths
  }

  private func build(_ volume: JSONValue, name: String, pod: JSONValue) async throws(StartProblem) -> String {
    let path = "\(folder)/volumes/\(name)"
    if let claim = volume["persistentVolumeClaim"] {
      return try await claimFolder(claim, pod: pod)
    }
    try makeFolder(path)
    if volume["emptyDir"] != nil { return path }
    let kinds = ["projected", "configMap", "secret", "downwardAPI"]
    let mode = kinds.lazy.compactMap { volume[$0]?["defaultMode"]?.integerValue }.first ?? Self.ownMode
    var sources = volume["projected"]?["sources"]?.arrayValue
    if sources == nil {
      for kind in kinds.dropFirst() {
        guard var source = volume[kind] else { continue }
        if kind == "secret" { source["name"] = source["secretName"] }
        sources = [.object([kind: source])]
      }
    }
    guard let sources else {
      throw StartProblem(
        reason: "ContainerCreating", message: "volume \"\(name)\" has a type that the sandbox does not provide",
        event: "FailedMount")
    }
    for source in sources { try await project(source, into: path, mode: mode, volume: name, pod: pod) }
    return path
  }

  private func project(_ source: JSONValue, into path: String, mode: Int64, volume: String, pod: JSONValue)
    async throws(StartProblem)
  {
    if let configMap = source["configMap"] {
      try await projectKeys(of: configMap, resource: .configMaps, into: path, mode: mode, volume: volume, pod: pod)
    } else if let secret = source["secret"] {
      try await projectKeys(of: secret, resource: .secrets, into: path, mode: mode, volume: volume, pod: pod)
    } else if let token = source["serviceAccountToken"] {
      let account = pod[path: "spec", "serviceAccountName"]?.stringValue ?? "default"
      let value = issueToken(
        pod.namespace ?? "", account, token["audience"]?.stringValue ?? "sandbox",
        token["expirationSeconds"]?.integerValue ?? 3_600)
      try write(Data(value.utf8), to: "\(path)/\(token["path"]?.stringValue ?? "token")")
    } else if let downward = source["downwardAPI"] {
      for item in downward["items"]?.arrayValue ?? [] {
        let field = item["fieldRef"]?["fieldPath"]?.stringValue ?? ""
        try write(
          Data((PodField.value(of: field, in: pod) ?? "").utf8), to: "\(path)/\(item["path"]?.stringValue ?? "")")
      }
    }
  }

  private func projectKeys(
    of reference: JSONValue, resource: ResourceType, into path: String, mode: Int64, volume: String, pod: JSONValue
  ) async throws(StartProblem) {
    let name = reference["name"]?.stringValue ?? ""
    let isOptional = reference["optional"]?.boolValue ?? false
    guard let object = try? await cluster.get(resource, namespace: pod.namespace, name: name) else {
      if isOptional { return }
      throw StartProblem(
        reason: "ContainerCreating",
        message:
          "MountVolume.SetUp failed for volume \"\(volume)\" : \(resource.kind.lowercased()) \"\(name)\" not found",
        event: "FailedMount")
    }
    let data = ObjectData.read(object)
    guard let items = reference["items"]?.arrayValue else {
      for (key, value) in data { try write(value, to: "\(path)/\(key)", mode: mode) }
      return
    }
    for item in items {
      let key = item["key"]?.stringValue ?? ""
      guard let value = data[key] else {
        if isOptional { continue }
        throw StartProblem(
          reason: "ContainerCreating",
          message:
            "MountVolume.SetUp failed for volume \"\(volume)\" : references non-existent \(resource.kind.lowercased()) key: \(key)",
          event: "FailedMount")
      }
      try write(
        value, to: "\(path)/\(item["path"]?.stringValue ?? key)", mode: item["mode"]?.integerValue ?? mode)
    }
  }

  private func claimFolder(_ claim: JSONValue, pod: JSONValue) async throws(StartProblem) -> String {
    let name = claim["claimName"]?.stringValue ?? ""
    guard (try? await cluster.get(.persistentVolumeClaims, namespace: pod.namespace, name: name)) != nil else {
      throw StartProblem(
        reason: "Unschedulable", message: "persistentvolumeclaim \"\(name)\" not found", event: "FailedScheduling")
    }
    let path = "\(claims)/\(pod.namespace ?? "")/\(name)"
    try makeFolder(path)
    return path
  }

  private func makeFolder(_ path: String) throws(StartProblem) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw StartProblem(reason: "ContainerCreating", message: "cannot make \(path): \(error)", event: "FailedMount")
    }
  }

  private func write(_ data: Data, to path: String, mode: Int64 = ownMode) throws(StartProblem) {
    try makeFolder((path as NSString).deletingLastPathComponent)
    guard FileManager.default.createFile(atPath: path, contents: data, attributes: [.posixPermissions: Int(mode)])
    else {
      throw StartProblem(reason: "ContainerCreating", message: "cannot write \(path)", event: "FailedMount")
    }
  }
}

/// The contents of a ConfigMap or Secret by key.
enum ObjectData {
  static func read(_ object: JSONValue) -> [String: Data] {
    let isSecret = object["kind"]?.stringValue == "Secret"
    var result: [String: Data] = [:]
    for (key, value) in object["data"]?.objectValue ?? [:] {
      guard let text = value.stringValue else { continue }
      result[key] = isSecret ? Data(base64Encoded: text) ?? Data() : Data(text.utf8)
    }
    for (key, value) in object["binaryData"]?.objectValue ?? [:] {
      result[key] = value.stringValue.flatMap { Data(base64Encoded: $0) }
    }
    return result
  }
}

/// The downward API's `fieldRef` paths.
enum PodField {
  static func value(of path: String, in pod: JSONValue) -> String? {
    for (prefix, values) in [("metadata.labels", pod.labels), ("metadata.annotations", pod.annotations)]
    where path.hasPrefix("\(prefix)['") && path.hasSuffix("']") {
      return values[String(path.dropFirst(prefix.count + 2).dropLast(2))] ?? ""
    }
    switch path {
    case "metadata.name": return pod.objectName
    case "metadata.namespace": return pod.namespace
    case "metadata.uid": return pod.objectUID
    case "spec.nodeName": return pod[path: "spec", "nodeName"]?.stringValue ?? ""
    case "spec.serviceAccountName": return pod[path: "spec", "serviceAccountName"]?.stringValue ?? "default"
    case "status.podIP", "status.hostIP", "status.podIPs", "status.hostIPs": return "127.0.0.1"
    default: return nil
    }
  }
}
