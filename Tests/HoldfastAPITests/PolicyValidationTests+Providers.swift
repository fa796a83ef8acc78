import KubernetesModel

/// What each provider takes, and what only another one does.
extension PolicyValidationTests {
  private static let gcs: JSONValue = ["provider": "gcs", "bucket": "backups"]
  private static let azure: JSONValue = [
    "provider": "azure", "bucket": "backups", "azure": ["storageAccount": "account"],
  ]
  private static let volume: JSONValue = [
    "provider": "filesystem", "filesystem": ["persistentVolumeClaim": ["claimName": "disk"]],
  ]
  private static let secret: JSONValue = ["name": "keys"]
  private static let guid: JSONValue = "00000000-1111-2222-3333-444444444444"
  private static let pool: JSONValue = "projects/1/locations/global/workloadIdentityPools/p/providers/q"

  /// A target with one more field, whose path has dots.
  private static func target(_ base: JSONValue?, _ field: String, _ value: JSONValue)
    -> @Sendable (
      inout JSONValue
    ) -> Void
  {
    { object in
      if let base { object["spec"]?["target"] = base }
      var target = object["spec"]?["target"] ?? [:]
      let path = field.split(separator: ".").map(String.init)
      if path.count == 2 {
        var block = target[path[0]] ?? [:]
        block[path[1]] = value
        target[path[0]] = block
      } else {
        target[field] = value
      }
      object["spec"]?["target"] = target
    }
  }

  private static func wrong(_ base: JSONValue?, _ field: String, _ value: JSONValue, _ message: String) -> Case {
    let provider = base?["provider"]?.stringValue ?? "s3"
    return Case(
      "\(field) of \(provider) as \(value)", "spec.target.\(field)", message, target(base, field, value))
  }

  static let providers: [Case] = foreignFields + values + identities

  private static let foreignFields: [Case] = [
    wrong(nil, "gcs", ["project": "p"], "set provider: gcs or remove it"),
    wrong(nil, "azure", ["storageAccount": "account"], "set provider: azure or remove it"),
    wrong(gcs, "region", "eu-central-1", "set provider: s3"),
    wrong(gcs, "usePathStyle", true, "set provider: s3"),
    wrong(gcs, "roleArn", "arn:aws:iam::123456789012:role/backup", "use gcs.workloadIdentityProvider"),
    wrong(gcs, "serverSideEncryption", ["type": "AES256"], "use gcs.kmsKeyName"),
    wrong(gcs, "requesterPays", true, "use gcs.userProject"),
    wrong(gcs, "tags", ["a": "b"], "remove it or change provider"),
    wrong(gcs, "checksum", "sha256", "set provider: s3"),
    wrong(gcs, "azure", ["container": "backups"], "set provider: azure"),
    wrong(azure, "storageClass", "COLDLINE", "use azure.accessTier"),
    wrong(azure, "serverSideEncryption", ["type": "AES256"], "use azure.encryptionScope"),
    wrong(azure, "gcs", ["project": "p"], "set provider: gcs"),
    wrong(volume, "bucket", "backups", "has no meaning for provider filesystem"),
    wrong(volume, "endpoint", "https://a", "has no meaning for provider filesystem"),
    wrong(volume, "credentialsSecretRef", secret, "has no meaning for provider filesystem"),
    wrong(
      volume, "caBundle", ["secretRef": ["name": "a", "key": "b"]], "has no meaning for provider filesystem"),
    wrong(volume, "insecureSkipVerify", true, "has no meaning for provider filesystem"),
    wrong(volume, "objectLock", ["legalHold": true], "has no meaning for provider filesystem"),
    wrong(volume, "roleArn", "arn:aws:iam::123456789012:role/backup", "has no meaning for provider filesystem"),
  ]

  private static let values: [Case] = [
    wrong(nil, "storageClass", "DEEP_ARCHIVE", "use GLACIER_IR"),
    wrong(nil, "checksum", "md5", "use auto, sha256, crc32c, none"),
    wrong(nil, "tags", .object(Dictionary(uniqueKeysWithValues: (0..<11).map { ("k\($0)", "v") })), "at most 10"),
    Case("tag of AWS", "spec.target.tags['aws:x']", "aws:", target(nil, "tags", ["aws:x": "y"])),
    Case("tag of other letters", "spec.target.tags['a*b']", "1 to 128 letters", target(nil, "tags", ["a*b": "y"])),
    Case("tag value of other letters", "spec.target.tags['a']", "at most 256", target(nil, "tags", ["a": "?"])),
    wrong(nil, "objectLock", ["legalHold": false], "locks nothing"),
    Case(
      "lock without a mode", "spec.target.objectLock.mode", "is required with retainFor",
      target(nil, "objectLock", ["retainFor": "30d"])),
    Case(
      "lock without a length", "spec.target.objectLock.retainFor", "is required with mode",
      target(nil, "objectLock", ["mode": "governance"])),
    Case(
      "bucket key without KMS", "spec.target.serverSideEncryption.bucketKey", "aws:kms only",
      target(nil, "serverSideEncryption", ["type": "AES256", "bucketKey": true])),
    wrong(gcs, "bucket", "goog--", "not a Cloud Storage bucket name"),
    wrong(gcs, "gcs.kmsKeyName", "my-key", "projects/P/locations/L/keyRings/R/cryptoKeys/K"),
    wrong(gcs, "gcs.workloadIdentityProvider", "pool", "workloadIdentityPools/POOL"),
    wrong(gcs, "gcs.serviceAccount", "backup@p.iam.gserviceaccount.com", "goes with workloadIdentityProvider only"),
    Case(
      "no service account", "spec.target.gcs.serviceAccount", "it looks like backup@",
      target(gcs, "gcs", ["workloadIdentityProvider": pool, "serviceAccount": "backup"])),
    wrong(azure, "azure.container", "other", "differs from bucket"),
    wrong(azure, "azure.storageAccount", "My-Account", "lower-case"),
    wrong(azure, "azure.cloud", "mars", "use public, china, usgovernment"),
    wrong(azure, "azure.accessTier", "Archive", "use Hot, Cool, Cold"),
    wrong(azure, "azure.encryptionScope", "a--b", "single '-'"),
    wrong(azure, "azure.clientID", "backup", "it looks like 0000"),
    Case(
      "no account", "spec.target.azure.storageAccount", "is required",
      target(["provider": "azure", "bucket": "backups"], "azure", ["container": "backups"])),
  ]

  private static let identities: [Case] = [
    Case(
      "pool beside a Secret", "spec.target.gcs.workloadIdentityProvider", "two identities",
      target(
        ["provider": "gcs", "bucket": "backups", "credentialsSecretRef": secret], "gcs.workloadIdentityProvider", pool)
    ),
    Case(
      "client beside a Secret", "spec.target.azure.clientID", "two identities",
      target(
        [
          "provider": "azure", "bucket": "backups", "credentialsSecretRef": secret,
          "azure": ["storageAccount": "account"],
        ], "azure.clientID", guid)),
    wrong(azure, "azure.tenantID", "contoso.onmicrosoft.com", "set both"),
  ]

  static let acceptedTargets: [@Sendable (inout JSONValue) -> Void] = [
    // The Secret's keys take on the role.
    target(["bucket": "backups", "credentialsSecretRef": secret], "roleArn", "arn:aws:iam::123456789012:role/backup"),
    target(nil, "roleArn", "arn:aws-cn:iam::123456789012:role/a/b"), target(nil, "insecureSkipVerify", true),
    target(nil, "tags", ["team": "plattform-älter", "cost": "4711 / x"]), target(nil, "checksum", "none"),
    target(nil, "objectLock", ["legalHold": true]), target(nil, "requesterPays", true),
    target(nil, "objectLock", ["mode": "compliance", "retainFor": "30d", "legalHold": true]),
    target(nil, "serverSideEncryption", ["type": "aws:kms", "kmsKeyID": "alias/backup", "bucketKey": true]),
    target(nil, "storageClass", "GLACIER_IR"),
    { $0["spec"]?["target"] = gcs }, { $0["spec"]?["target"] = azure },
    // As the OpenBao operator's defaults write it.
    { object in
      target(gcs, "region", "us-east-1")(&object)
      target(nil, "usePathStyle", false)(&object)
    },
    target(gcs, "credentialsSecretRef", ["name": "keys", "key": "sa.json"]),
    target(gcs, "storageClass", "NEARLINE"), target(gcs, "gcs.userProject", "payer"),
    target(gcs, "endpoint", "http://127.0.0.1:4443"),
    target(gcs, "gcs.kmsKeyName", "projects/p/locations/eu/keyRings/r/cryptoKeys/k"),
    target(
      gcs, "gcs",
      ["workloadIdentityProvider": pool, "serviceAccount": "backup@p.iam.gserviceaccount.com", "project": "p"]),
    target(azure, "azure.clientID", guid), target(azure, "objectLock", ["mode": "governance", "retainFor": "7d"]),
    target(
      azure, "azure",
      [
        "storageAccount": "account", "container": "backups", "cloud": "china", "accessTier": "Cool",
        "encryptionScope": "scope-1", "clientID": guid, "tenantID": guid,
      ]),
    // The Secret's connection string names the account.
    { $0["spec"]?["target"] = ["provider": "azure", "bucket": "backups", "credentialsSecretRef": secret] },
    { $0["spec"]?["target"] = ["provider": "azure", "azure": ["storageAccount": "account", "container": "backups"]] },
  ]
}
