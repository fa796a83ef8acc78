import KubernetesModel

extension ExecutorTemplate {
  /// Environment that the Job template sets itself (`ExecutorEnvironment` of the plan).
  static let reservedEnvironment: Set<String> = [
    "HOLDFAST_JOB_NAME", "HOLDFAST_POD_NAME", "HOLDFAST_POD_NAMESPACE", "HOLDFAST_TRIGGER", "HOLDFAST_CRONJOB_NAME",
  ]

  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).image", image.flatMap(Self.imageProblem))
    issues.add("\(field).serviceAccountName", serviceAccountName.flatMap(Syntax.dnsSubdomain))
    issues.add("\(field).priorityClassName", priorityClassName.flatMap(Syntax.dnsSubdomain))
    if let activeDeadlineSeconds, activeDeadlineSeconds < 1 {
      issues.add("\(field).activeDeadlineSeconds", "is \(activeDeadlineSeconds); use at least 1 second")
    }
    if let backoffLimit, !(0...20).contains(backoffLimit) {
      issues.add("\(field).backoffLimit", "is \(backoffLimit); use 0 to 20 retries")
    }
    if let runAsUser, !(1...Int64(Int32.max)).contains(runAsUser) {
      issues.add("\(field).runAsUser", "is \(runAsUser); use a numeric user other than root, 1 to \(Int32.max)")
    }
    issues += mapIssues("\(field).nodeSelector", nodeSelector, isReservedRefused: false)
    issues += mapIssues("\(field).podLabels", podLabels, isReservedRefused: true)
    for key in (podAnnotations ?? [:]).keys.sorted() {
      issues.add("\(field).podAnnotations", Syntax.qualifiedName(key))
    }
    issues += resourceIssues("\(field).resources")
    issues += listIssues("\(field).tolerations", tolerations)
    if let affinity, affinity.objectValue == nil { issues.add("\(field).affinity", "must be an object") }
    issues += environmentIssues("\(field).env")
    return issues
  }

  static func imageProblem(_ image: String) -> String? {
    if let problem = Syntax.line(image, limit: 1_024) { return problem }
    return image.contains(where: \.isWhitespace)
      ? "\(Syntax.quoted(image)) contains a space; write for example registry.example.com/holdfast:1.0" : nil
  }

  /// Labels and node selectors. Our own labels on pods say which policy a Job belongs to, so no policy may set them.
  private func mapIssues(_ field: String, _ map: [String: String]?, isReservedRefused: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    for (key, value) in (map ?? [:]).sorted(by: { $0.key < $1.key }) {
      issues.add(field, Syntax.qualifiedName(key))
      issues.add("\(field)[\(key)]", Syntax.labelValue(value))
      if isReservedRefused, key.hasPrefix(HoldfastAPI.group + "/") || key.hasPrefix("batch.kubernetes.io/") {
        issues.add("\(field)[\(key)]", "is set by Holdfast or Kubernetes; choose a key of your own")
      }
    }
    return issues
  }

  private func resourceIssues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    guard let resources else { return [] }
    guard let members = resources.objectValue else {
      return [ValidationIssue(field: field, message: "must be an object")]
    }
    for name in ["limits", "requests"] {
      guard let quantities = members[name] else { continue }
      guard let entries = quantities.objectValue else {
        issues.add("\(field).\(name)", "must be an object such as {memory: 128Mi}")
        continue
      }
      for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
        let isQuantity = value.numberValue != nil || value.stringValue.map { (try? Quantity($0)) != nil } == true
        if !isQuantity { issues.add("\(field).\(name).\(key)", "is not a quantity; write for example 500m or 128Mi") }
      }
    }
    return issues
  }

  private func listIssues(_ field: String, _ value: JSONValue?) -> [ValidationIssue] {
    guard let value else { return [] }
    guard let items = value.arrayValue else { return [ValidationIssue(field: field, message: "must be a list")] }
    return items.enumerated().compactMap { index, item in
      item.objectValue == nil ? ValidationIssue(field: "\(field)[\(index)]", message: "must be an object") : nil
    }
  }

  private func environmentIssues(_ field: String) -> [ValidationIssue] {
    var issues = listIssues(field, env)
    for (index, item) in (env?.arrayValue ?? []).enumerated() where item.objectValue != nil {
      guard let name = item["name"]?.stringValue, !name.isEmpty, !name.contains("=") else {
        issues.add("\(field)[\(index)].name", "is required, without '='")
        continue
      }
      if Self.reservedEnvironment.contains(name) {
        issues.add("\(field)[\(index)].name", "\(Syntax.quoted(name)) is set by Holdfast; choose another name")
      }
      if item["value"] != nil && item["valueFrom"] != nil {
        issues.add("\(field)[\(index)]", "has both value and valueFrom; keep one")
      }
    }
    return issues
  }
}
