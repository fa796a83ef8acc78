import KubernetesModel

/// Validates a pod spec: what a kubelet could not run. Not everything that a real API server checks.
struct PodValidation {
  private(set) var errors: [FieldError] = []

  /// - Parameter restartPolicies: Which the kind around it allows.
  static func validate(
    _ spec: JSONValue?, _ path: FieldPath, restartPolicies: [String] = ["Always", "OnFailure", "Never"]
  ) -> [FieldError] {
    var validation = PodValidation()
    validation.check(spec ?? [:], path, restartPolicies)
    return validation.errors
  }

  private mutating func check(_ spec: JSONValue, _ path: FieldPath, _ restartPolicies: [String]) {
    errors += RequiredFields.check(spec, BuiltInSchemas.shared["PodSpec"], path)
    let volumes = checkVolumes(spec, path.child("volumes"))
    if spec["containers"]?.arrayValue?.isEmpty == true { errors.append(.required(path.child("containers"))) }
    var names: Set<String> = []
    for list in ["initContainers", "containers"] {
      for (index, container) in (spec[list]?.arrayValue ?? []).enumerated() {
        checkContainer(container, path.child(list).index(index), volumes, &names)
      }
    }
    choice(spec["restartPolicy"], path.child("restartPolicy"), restartPolicies, isRequired: true)
    choice(spec["dnsPolicy"], path.child("dnsPolicy"), ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
    for member in ["activeDeadlineSeconds", "terminationGracePeriodSeconds"] {
      guard let seconds = spec[member]?.integerValue else { continue }
      if seconds < (member == "activeDeadlineSeconds" ? 1 : 0) {
        errors.append(
          .invalid(
            path.child(member), .integer(seconds),
            member == "activeDeadlineSeconds"
              ? "must be between 1 and 2147483647, inclusive" : "must be greater than or equal to 0"))
      }
    }
    if let account = spec["serviceAccountName"]?.stringValue {
      errors += NameStyle.subdomain(account).map { .invalid(path.child("serviceAccountName"), .string(account), $0) }
    }
    errors += MetadataRules.labels(spec["nodeSelector"], path.child("nodeSelector"))
  }

  private mutating func checkVolumes(_ spec: JSONValue, _ path: FieldPath) -> Set<String> {
    var names: Set<String> = []
    for (index, volume) in (spec["volumes"]?.arrayValue ?? []).enumerated() {
      let name = volume["name"]?.stringValue ?? ""
      let own = path.index(index)
      let kinds = (volume.objectValue ?? [:]).keys.filter { $0 != "name" }.sorted { first, second in
        // The order in which a real server looks.
        (first == "emptyDir" ? 0 : 1, first) < (second == "emptyDir" ? 0 : 1, second)
      }
      for kind in kinds.dropFirst() {
        errors.append(.forbidden(own.child(kind), "may not specify more than 1 volume type"))
      }
      guard !name.isEmpty else { continue }
      errors += NameStyle.label(name).map { .invalid(own.child("name"), .string(name), $0) }
      if !names.insert(name).inserted { errors.append(.duplicate(own.child("name"), .string(name))) }
    }
    return names
  }

  private mutating func checkContainer(
    _ container: JSONValue, _ path: FieldPath, _ volumes: Set<String>, _ names: inout Set<String>
  ) {
    let name = container["name"]?.stringValue ?? ""
    if !name.isEmpty {
      errors += NameStyle.label(name).map { .invalid(path.child("name"), .string(name), $0) }
      if !names.insert(name).inserted { errors.append(.duplicate(path.child("name"), .string(name))) }
    }
    if (container["image"]?.stringValue ?? "").isEmpty { errors.append(.required(path.child("image"))) }
    choice(container["imagePullPolicy"], path.child("imagePullPolicy"), ["Always", "IfNotPresent", "Never"])
    choice(
      container["terminationMessagePolicy"], path.child("terminationMessagePolicy"), ["File", "FallbackToLogsOnError"])
    checkEnvironment(container, path.child("env"))
    var mountPaths: Set<String> = []
    for (index, mount) in (container["volumeMounts"]?.arrayValue ?? []).enumerated() {
      let own = path.child("volumeMounts").index(index)
      let volume = mount["name"]?.stringValue ?? ""
      if !volume.isEmpty, !volumes.contains(volume) { errors.append(.notFound(own.child("name"), .string(volume))) }
      if let mountPath = mount["mountPath"]?.stringValue, !mountPaths.insert(mountPath).inserted {
        errors.append(.invalid(own.child("mountPath"), .string(mountPath), "must be unique"))
      }
    }
    for (index, port) in (container["ports"]?.arrayValue ?? []).enumerated() {
      guard let number = port["containerPort"]?.integerValue, !(1...65_535).contains(number) else { continue }
      let own = path.child("ports").index(index).child("containerPort")
      errors.append(
        number == 0 ? .required(own) : .invalid(own, .integer(number), "must be between 1 and 65535, inclusive"))
    }
    checkResources(container["resources"] ?? [:], path.child("resources"))
  }

  private mutating func checkEnvironment(_ container: JSONValue, _ path: FieldPath) {
    for (index, variable) in (container["env"]?.arrayValue ?? []).enumerated() {
      let source = variable["valueFrom"]
      let own = path.index(index).child("valueFrom")
      guard let source else { continue }
      if !(variable["value"]?.stringValue ?? "").isEmpty {
        errors.append(.invalid(own, "", "may not be specified when `value` is not empty"))
      }
      let count = source.objectValue?.count ?? 0
      if count == 0 {
        errors.append(
          .invalid(own, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"))
      } else if count > 1 {
        errors.append(.invalid(own, "", "may not have more than one field specified at a time"))
      }
    }
  }

  private mutating func checkResources(_ resources: JSONValue, _ path: FieldPath) {
    for (name, limit) in (resources["limits"]?.objectValue ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard let request = resources["requests"]?[name], let most = try? Quantity(Self.text(limit)),
        let asked = try? Quantity(Self.text(request)), asked.doubleValue > most.doubleValue
      else { continue }
      errors.append(
        .invalid(
          path.child("requests"), .string(Self.text(request)),
          "must be less than or equal to \(name) limit of \(Self.text(limit))"))
    }
  }

  private static func text(_ quantity: JSONValue) -> String { quantity.stringValue ?? JSONWriter.text(quantity) }

  private mutating func choice(
    _ value: JSONValue?, _ path: FieldPath, _ supported: [String], isRequired: Bool = false
  ) {
    guard let text = value?.stringValue, !text.isEmpty else {
      if isRequired { errors.append(.required(path)) }
      return
    }
    if !supported.contains(text) { errors.append(.notSupported(path, value, supported)) }
  }
}

/// Finds fields that a built-in type requires and that are absent or empty.
enum RequiredFields {
  static func check(_ value: JSONValue, _ schema: Schema, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    switch value {
    case .object(let members):
      for name in schema.required where members[name] == nil || members[name] == "" {
        errors.append(.required(path.child(name)))
      }
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        if let known = schema.member(name) { errors += check(member, known, path.child(name)) }
      }
    case .array(let elements):
      guard let items = schema.items else { break }
      for (index, element) in elements.enumerated() { errors += check(element, items, path.index(index)) }
    default: break
    }
    return errors
  }
}
