internal import HoldfastAPI
internal import KubernetesModel

/// The volumes of an executor pod and where they are mounted: ``MountLayout`` in Kubernetes' terms.
struct ExecutorVolumes {
  /// Seconds; the least that the API server takes. The kubelet renews the file, and a login happens at the start.
  static let tokenLifetime: Int64 = 600
  /// Seconds; the kubelet renews the file while a long capture goes on.
  static let apiTokenLifetime: Int64 = 3_600
  /// Seconds. A target's token is exchanged again and again in a long upload; this is what the providers' webhooks ask for.
  static let targetTokenLifetime: Int64 = 3_600

  private(set) var volumes: [Volume] = []
  private(set) var mounts: [VolumeMount] = []

  init(planConfigMap: String, inputs: ExecutorInputs) throws {
    add(Volume(name: "plan", configMap: ConfigMapVolume(name: planConfigMap)), at: MountLayout.planFolder)
    // Optional, so that the executor can say which Secret or key is missing. Otherwise the pod would hang before it
    // starts, and the reason would only be in the kubelet's Events.
    for (index, name) in inputs.secrets.enumerated() {
      add(
        Volume(name: "secret-\(index)", secret: SecretVolume(secretName: name, optional: true)),
        at: MountLayout.secret(name))
    }
    for (index, name) in inputs.configMaps.enumerated() {
      add(
        Volume(name: "configmap-\(index)", configMap: ConfigMapVolume(name: name, optional: true)),
        at: MountLayout.configMap(name))
    }
    for (index, token) in inputs.tokens.enumerated() {
      add(token: "token-\(index)", token.audience, Self.tokenLifetime, at: MountLayout.token(source: token.source))
    }
    if let audience = inputs.targetAudience {
      add(token: "token-target", audience, Self.targetTokenLifetime, at: MountLayout.targetToken)
    }
    for (index, claim) in inputs.claims.enumerated() {
      // Read-only for the kubelet too, which then changes no owner in a volume of somebody else.
      let volume = PersistentVolumeClaimVolume(claimName: claim.name, readOnly: claim.isReadOnly ? true : nil)
      add(
        Volume(name: "claim-\(index)", persistentVolumeClaim: volume), at: MountLayout.volume(claim: claim.name),
        isReadOnly: claim.isReadOnly)
    }
    if inputs.needsAPI { addAPI() }
    // The root filesystem is read-only; nothing is staged here, so that a little is enough.
    volumes.append(Volume(name: "tmp", emptyDir: EmptyDirVolume(sizeLimit: try KubernetesModel.Quantity("64Mi"))))
    mounts.append(VolumeMount(name: "tmp", mountPath: "/tmp"))
  }

  /// What the kubelet would mount with `automountServiceAccountToken`, at a path that `--mounts` moves.
  private mutating func addAPI() {
    let sources = [
      VolumeProjection(
        serviceAccountToken: ServiceAccountTokenProjection(expirationSeconds: Self.apiTokenLifetime, path: "token")),
      VolumeProjection(
        configMap: ConfigMapProjection(name: "kube-root-ca.crt", items: [KeyToPath(key: "ca.crt", path: "ca.crt")])),
      VolumeProjection(
        downwardAPI: ["items": [["path": "namespace", "fieldRef": ["fieldPath": "metadata.namespace"]]]]),
    ]
    add(Volume(name: "api", projected: ProjectedVolume(sources: sources)), at: MountLayout.api)
  }

  private mutating func add(token name: String, _ audience: String?, _ lifetime: Int64, at path: String) {
    let projection = ServiceAccountTokenProjection(
      audience: audience, expirationSeconds: lifetime, path: MountLayout.tokenFile)
    add(
      Volume(
        name: name, projected: ProjectedVolume(sources: [VolumeProjection(serviceAccountToken: projection)])),
      at: path)
  }

  private mutating func add(_ volume: Volume, at path: String, isReadOnly: Bool = true) {
    volumes.append(volume)
    mounts.append(
      VolumeMount(
        name: volume.name, mountPath: "\(MountLayout.defaultRoot)/\(path)", readOnly: isReadOnly ? true : nil))
  }
}
