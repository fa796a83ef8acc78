internal import HoldfastAPI
internal import KubernetesModel

/// The volumes of an executor pod and where they are mounted: ``MountLayout`` in Kubernetes' terms.
struct ExecutorVolumes {
  /// Seconds; the least that the API server takes. The kubelet renews the file, and a login happens at the start.
  static let tokenLifetime: Int64 = 600

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
      let projection = ServiceAccountTokenProjection(
        audience: token.audience, expirationSeconds: Self.tokenLifetime, path: "token")
      add(
        Volume(
          name: "token-\(index)",
          projected: ProjectedVolume(sources: [VolumeProjection(serviceAccountToken: projection)])),
        at: MountLayout.token(source: token.source))
    }
    for (index, claim) in inputs.claims.enumerated() {
      add(
        Volume(name: "claim-\(index)", persistentVolumeClaim: PersistentVolumeClaimVolume(claimName: claim)),
        at: MountLayout.volume(claim: claim), isReadOnly: false)
    }
    // The root filesystem is read-only; nothing is staged here, so that a little is enough.
    volumes.append(Volume(name: "tmp", emptyDir: EmptyDirVolume(sizeLimit: try KubernetesModel.Quantity("64Mi"))))
    mounts.append(VolumeMount(name: "tmp", mountPath: "/tmp"))
  }

  private mutating func add(_ volume: Volume, at path: String, isReadOnly: Bool = true) {
    volumes.append(volume)
    mounts.append(
      VolumeMount(
        name: volume.name, mountPath: "\(MountLayout.defaultRoot)/\(path)", readOnly: isReadOnly ? true : nil))
  }
}
