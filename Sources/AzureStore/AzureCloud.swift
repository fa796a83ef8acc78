internal import ObjectStore

/// Which of Azure's clouds an account is in. The names are those that other tools of Kubernetes use (`environment` of
/// cert-manager's Azure DNS solver).
/// https://learn.microsoft.com/azure/storage/common/storage-account-overview#standard-endpoints
public enum AzureCloud: String, Sendable, Hashable, CaseIterable {
  case publicCloud = "AzurePublicCloud"
  case china = "AzureChinaCloud"
  case usGovernment = "AzureUSGovernmentCloud"

  /// What follows `<account>.blob.`
  public var endpointSuffix: String {
    switch self {
    case .publicCloud: "core.windows.net"
    case .china: "core.chinacloudapi.cn"
    case .usGovernment: "core.usgovcloudapi.net"
    }
  }

  /// Where tokens come from, unless `AZURE_AUTHORITY_HOST` names another.
  /// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
  public var authorityHost: String {
    switch self {
    case .publicCloud: "https://login.microsoftonline.com"
    case .china: "https://login.partner.microsoftonline.cn"
    case .usGovernment: "https://login.microsoftonline.us"
    }
  }

  /// - Parameter name: As in a policy; case does not matter.
  /// - Throws: ``ObjectStoreError/Code/configuration`` with the names that there are.
  public init(name: String) throws {
    guard let cloud = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw ObjectStoreError.azureConfiguration("\"\(name)\" is no cloud of Azure; give one of \(names)")
    }
    self = cloud
  }
}

/// Access tier of new blobs.
public enum AzureAccessTier: String, Sendable, Hashable, CaseIterable {
  case hot = "Hot"
  case cool = "Cool"
  case cold = "Cold"

  /// - Parameter name: As in a policy; case does not matter.
  /// - Throws: ``ObjectStoreError/Code/configuration``, also for `Archive`: no request could read a manifest from there.
  public init(name: String) throws {
    if let tier = Self.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) {
      self = tier
    } else if name.lowercased() == "archive" {
      throw ObjectStoreError.azureConfiguration(
        "the access tier Archive cannot be used: a blob in it cannot be read for hours, so no backup could be listed, "
          + "pruned or restored; use Cold, or move old artifacts by a lifecycle rule that leaves manifest.json out")
    } else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw ObjectStoreError.azureConfiguration("\"\(name)\" is no access tier; give one of \(names)")
    }
  }
}

extension ObjectStoreError {
  static func azureConfiguration(_ message: String, cause: (any Error)? = nil) -> ObjectStoreError {
    ObjectStoreError(.configuration, operation: "Azure configuration", message: message, cause: cause)
  }
}
