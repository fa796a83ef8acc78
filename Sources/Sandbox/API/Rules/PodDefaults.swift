import KubernetesModel

/// Fills in a pod spec as the API server does (`SetDefaults_PodSpec` and its kin).
enum PodDefaults {
  /// - Parameter restartPolicy: What the kind around it defaults to; a Job has no default.
  static func apply(to spec: inout JSONValue, restartPolicy: String? = "Always") {
    spec.setDefault("dnsPolicy", "ClusterFirst")
    if let restartPolicy { spec.setDefault("restartPolicy", .string(restartPolicy)) }
    spec.setDefault("securityContext", [:])
    spec.setDefault("terminationGracePeriodSeconds", 30)
    spec.setDefault("schedulerName", "default-scheduler")
    if let account = spec["serviceAccountName"] ?? spec["serviceAccount"] {
      spec["serviceAccountName"] = account
      spec["serviceAccount"] = account
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] { spec.mapElements(list, container) }
    spec.mapElements("volumes", volume)
  }

  private static func container(_ container: inout JSONValue) {
    container.setDefault("terminationMessagePath", "/dev/termination-log")
    container.setDefault("terminationMessagePolicy", "File")
    container.setDefault("imagePullPolicy", .string(pullPolicy(container["image"]?.stringValue ?? "")))
    container.setDefault("resources", [:])
    container.mapElements("ports") { $0.setDefault("protocol", "TCP") }
    container.mapElements("env") { variable in
      variable.mapMember("valueFrom") { source in
        source.mapMember("fieldRef") { $0.setDefault("apiVersion", "v1") }
      }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] { container.mapMember(probe, Self.probe) }
    // A limit without a request is a request too.
    if let limits = container["resources"]?["limits"]?.objectValue {
      container.mapMember("resources") { resources in
        var requests = resources["requests"] ?? [:]
        for (name, amount) in limits { requests.setDefault(name, amount) }
        resources["requests"] = requests
      }
    }
  }

  private static func probe(_ probe: inout JSONValue) {
    probe.setDefault("timeoutSeconds", 1)
    probe.setDefault("periodSeconds", 10)
    probe.setDefault("successThreshold", 1)
    probe.setDefault("failureThreshold", 3)
    probe.mapMember("httpGet") { action in
      action.setDefault("path", "/")
      action.setDefault("scheme", "HTTP")
    }
  }

  private static func volume(_ volume: inout JSONValue) {
    for kind in ["secret", "configMap", "downwardAPI", "projected"] {
      volume.mapMember(kind) { $0.setDefault("defaultMode", 0o644) }
    }
    volume.mapMember("projected") { projected in
      projected.mapElements("sources") { source in
        source.mapMember("serviceAccountToken") { $0.setDefault("expirationSeconds", 3_600) }
        source.mapMember("downwardAPI", downwardItems)
      }
    }
    volume.mapMember("downwardAPI", downwardItems)
    volume.mapMember("hostPath") { $0.setDefault("type", "") }
    if volume.objectValue?.count == 1 { volume["emptyDir"] = [:] }
  }

  private static func downwardItems(_ source: inout JSONValue) {
    source.mapElements("items") { item in
      item.mapMember("fieldRef") { $0.setDefault("apiVersion", "v1") }
    }
  }

  private static func pullPolicy(_ image: String) -> String {
    if image.contains("@") { return "IfNotPresent" }
    let name = image.split(separator: "/").last ?? ""
    let tag = name.split(separator: ":").dropFirst().first
    return tag == nil || tag == "latest" ? "Always" : "IfNotPresent"
  }
}
