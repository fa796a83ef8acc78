public import KubernetesModel

/// What the chart `ziti-controller` calls its objects, from the name of its release alone. Pure.
///
/// Facts: https://github.com/openziti/helm-charts, charts/ziti-controller (templates/_helpers.tpl, deployment.yaml,
/// services.yaml, ca-bundle.yaml, secrets.yaml), with the chart's default values. What a release changes by its values
/// (`fullnameOverride`, `persistence.existingClaim`, a management listener of its own) is set in the source instead.
public struct OpenZitiPreset: Sendable, Hashable {
  public let release: String

  public init(release: String) { self.release = release }

  /// `ziti-controller.fullname`: the release's name where it says `controller` already, at most 63 characters.
  public var fullName: String {
    let name = release.contains("controller") ? release : release + "-controller"
    let cut = name.prefix(63)
    return String(cut.hasSuffix("-") ? cut.dropLast() : cut)
  }

  /// The controller's pods; a pod of the chart's migration Job carries these labels too.
  public var podSelector: LabelSelector {
    LabelSelector(matchLabels: [
      "app.kubernetes.io/name": "ziti-controller", "app.kubernetes.io/instance": release,
      "app.kubernetes.io/component": "ziti-controller",
    ])
  }

  /// The client API's Service, which serves the management API too unless the chart's values split them.
  public var managementAPI: Source.OpenZiti.ManagementAPI {
    Source.OpenZiti.ManagementAPI(
      url: "https://\(fullName)-client:443", caBundle: caBundle,
      adminSecretRef: NameReference(name: "\(fullName)-admin-secret"))
  }

  public var caBundle: CABundle {
    CABundle(configMapRef: KeyReference(name: "\(fullName)-ctrl-plane-cas", key: "ctrl-plane-cas.crt"))
  }

  public var persistentVolumeClaim: SourceClaim {
    SourceClaim(claimName: fullName, mountPath: Source.OpenZiti.defaultClaimMountPath)
  }
}

extension Source.OpenZiti {
  /// With the preset of `release` and every default written out. The same for a source that is defaulted already.
  ///
  /// Only what the chosen way needs is filled in, so that no Secret is mounted that nobody reads.
  public func defaulted() -> Source.OpenZiti {
    var source = self
    let preset = release.map(OpenZitiPreset.init)
    source.snapshot = resolvedSnapshot
    source.retrieval = resolvedRetrieval
    source.databasePath = resolvedDatabasePath
    guard host == nil else { return source }
    source.podSelector = podSelector ?? preset?.podSelector
    source.container = resolvedContainer
    if resolvedSnapshot == .managementAPI {
      source.managementAPI = managementAPI?.filled(from: preset?.managementAPI) ?? preset?.managementAPI
    }
    if resolvedRetrieval == .volume {
      source.persistentVolumeClaim = (persistentVolumeClaim ?? preset?.persistentVolumeClaim).map { claim in
        SourceClaim(claimName: claim.claimName, mountPath: claim.mountPath ?? Self.defaultClaimMountPath)
      }
    }
    return source
  }
}

extension Source.OpenZiti.ManagementAPI {
  func filled(from preset: Self?) -> Self {
    var api = self
    api.url = url ?? preset?.url
    api.caBundle = caBundle ?? preset?.caBundle
    if adminSecretRef == nil && clientCertificateSecretRef == nil { api.adminSecretRef = preset?.adminSecretRef }
    return api
  }
}
