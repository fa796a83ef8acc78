extension Target {
  /// A field that is set, and whose it is.
  private struct OwnedField {
    var name: String
    var isSet: Bool
    var owners: [Provider]
    /// What another provider has in its place.
    var instead: [Provider: String] = [:]
  }

  /// Fields of one provider beside another are a forgotten `provider`, or a hope that nothing would fulfil.
  ///
  /// `region: us-east-1` and `usePathStyle: false` are let through everywhere: the OpenBao operator writes them into every
  /// `spec.backup` as defaults.
  func foreignFieldIssues(_ field: String) -> [ValidationIssue] {
    let provider = resolvedProvider
    return ownedFields.filter { $0.isSet && !$0.owners.contains(provider) }.map { owned in
      let remedy =
        owned.instead[provider].map { "use \($0)" }
        ?? (owned.owners.count == 1
          ? "set provider: \(owned.owners[0].rawValue) or remove it" : "remove it or change provider")
      return ValidationIssue(
        field: "\(field).\(owned.name)", message: "has no meaning for provider \(provider.rawValue); \(remedy)")
    }
  }

  private var ownedFields: [OwnedField] {
    let remote: [Provider] = [.s3, .gcs, .azure]
    return [
      OwnedField(name: "bucket", isSet: bucket != nil, owners: remote),
      OwnedField(name: "endpoint", isSet: endpoint != nil, owners: remote),
      OwnedField(name: "credentialsSecretRef", isSet: credentialsSecretRef != nil, owners: remote),
      OwnedField(name: "caBundle", isSet: caBundle != nil, owners: remote),
      OwnedField(name: "insecureSkipVerify", isSet: insecureSkipVerify == true, owners: remote),
      OwnedField(name: "objectLock", isSet: objectLock != nil, owners: remote),
      OwnedField(name: "region", isSet: (region ?? Self.defaultRegion) != Self.defaultRegion, owners: [.s3]),
      OwnedField(name: "usePathStyle", isSet: usePathStyle == true, owners: [.s3]),
      OwnedField(
        name: "roleArn", isSet: roleArn != nil, owners: [.s3],
        instead: [.gcs: "gcs.workloadIdentityProvider", .azure: "azure.clientID and azure.tenantID"]),
      OwnedField(
        name: "serverSideEncryption", isSet: serverSideEncryption != nil, owners: [.s3],
        instead: [.gcs: "gcs.kmsKeyName", .azure: "azure.encryptionScope"]),
      OwnedField(
        name: "storageClass", isSet: storageClass != nil, owners: [.s3, .gcs], instead: [.azure: "azure.accessTier"]),
      OwnedField(
        name: "requesterPays", isSet: requesterPays == true, owners: [.s3], instead: [.gcs: "gcs.userProject"]),
      OwnedField(name: "tags", isSet: tags != nil, owners: [.s3, .azure]),
      OwnedField(name: "checksum", isSet: checksum != nil, owners: [.s3]),
      OwnedField(name: "gcs", isSet: gcs != nil, owners: [.gcs]),
      OwnedField(name: "azure", isSet: azure != nil, owners: [.azure]),
      OwnedField(name: "filesystem", isSet: filesystem != nil, owners: [.filesystem]),
    ]
  }
}
