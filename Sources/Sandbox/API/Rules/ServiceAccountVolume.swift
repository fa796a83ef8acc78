import KubernetesModel

/// The volume with which pods reach the API server: a token, the certificate authority and the namespace
/// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume).
enum ServiceAccountVolume {
  static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Mounts it in every container that mounts nothing there itself.
  static func add(to spec: inout JSONValue) {
    let name = "kube-api-access-\(RandomName.suffix())"
    var isUsed = false
    for list in ["initContainers", "containers"] {
      spec.mapElements(list) { container in
        let mounts = container["volumeMounts"]?.arrayValue ?? []
        if mounts.contains(where: { $0["mountPath"]?.stringValue == mountPath }) { return }
        isUsed = true
        container["volumeMounts"] = .array(
          mounts + [["name": .string(name), "readOnly": true, "mountPath": .string(mountPath)]])
      }
    }
    guard isUsed else { return }
    spec["volumes"] = .array((spec["volumes"]?.arrayValue ?? []) + [volume(name)])
  }

  private static func volume(_ name: String) -> JSONValue {
    [
      "name": .string(name),
      "projected": [
        "sources": [
          // Seven seconds more than an hour, by which the real admission plugin marks its own volumes.
          ["serviceAccountToken": ["expirationSeconds": 3_607, "path": "token"]],
          ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
          [
            "downwardAPI": [
              "items": [
                ["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]
              ]
            ]
          ],
        ], "defaultMode": 420,
      ],
    ]
  }
}
