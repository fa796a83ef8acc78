import KubernetesModel

extension Target {
  /// Providers that this version can write to.
  public static let supportedProviders: Set<Provider> = [.s3, .filesystem]

  /// Everything that the target alone can tell.
  ///
  /// - Parameter allowsLocalPath: The target is of a plan outside a cluster, where `filesystem.path` is a folder.
  func issues(_ field: String, allowsLocalPath: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    let provider = provider ?? .s3
    switch provider {
    case .s3, .gcs, .azure: issues += objectStoreIssues(field, provider)
    case .filesystem: issues += filesystemIssues(field, allowsLocalPath: allowsLocalPath)
    }
    if !Self.supportedProviders.contains(provider) {
      issues.add("\(field).provider", "'\(provider.rawValue)' is not built into this version; use s3 or filesystem")
    }
    issues += unusedBlockIssues(field, provider)
    issues += transferIssues(field)
    issues += credentialsSecretRef?.issues("\(field).credentialsSecretRef") ?? []
    issues += caBundle?.issues("\(field).caBundle") ?? []
    return issues
  }

  private func objectStoreIssues(_ field: String, _ provider: Provider) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    let container = provider == .azure ? azure?.container : nil
    if let bucket {
      issues.add("\(field).bucket", BucketName.problem(bucket, provider))
      if let container, container != bucket {
        issues.add("\(field).azure.container", "differs from bucket; they mean the same, so keep one")
      }
    } else if let container {
      issues.add("\(field).azure.container", BucketName.problem(container, provider))
    } else {
      issues.add("\(field).bucket", "is required for provider \(provider.rawValue); name an existing bucket")
    }
    if provider == .azure, azure?.storageAccount == nil, endpoint == nil {
      issues.add("\(field).azure.storageAccount", "is required for provider azure unless endpoint is set")
    }
    issues.add("\(field).endpoint", endpoint.flatMap(WebAddress.problem))
    issues.add("\(field).region", region.flatMap { BucketName.regionProblem($0) })
    issues.add("\(field).storageClass", storageClass.flatMap { Syntax.line($0, limit: 64) })
    if let roleArn, BucketName.isRoleARN(roleArn) {
      issues.add("\(field).roleArn", "is not built into this version; use credentialsSecretRef")
    } else if roleArn != nil {
      issues.add(
        "\(field).roleArn", "is not the ARN of an IAM role; it looks like arn:aws:iam::123456789012:role/backup")
    }
    return issues
  }

  private func filesystemIssues(_ field: String, allowsLocalPath: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    let claim = filesystem?.persistentVolumeClaim
    if let claim {
      issues.add("\(field).filesystem.persistentVolumeClaim.claimName", Syntax.dnsSubdomain(claim.claimName))
    }
    if let path = filesystem?.path {
      if !allowsLocalPath {
        issues.add("\(field).filesystem.path", "is for runs outside a cluster only; use persistentVolumeClaim")
      } else if claim != nil {
        issues.add("\(field).filesystem", "has both path and persistentVolumeClaim; keep one")
      } else if !path.hasPrefix("/") || path.split(separator: "/").contains("..") {
        issues.add("\(field).filesystem.path", "must be an absolute path without '..'")
      }
    } else if claim == nil {
      issues.add(
        "\(field).filesystem.persistentVolumeClaim",
        "is required for provider filesystem; write persistentVolumeClaim: {claimName: …}")
    }
    for (name, value) in [("bucket", bucket), ("endpoint", endpoint), ("roleArn", roleArn)] where value != nil {
      issues.add("\(field).\(name)", "has no meaning for provider filesystem; remove it or change provider")
    }
    return issues
  }

  /// Blocks of one provider beside another are a forgotten `provider` more often than not.
  private func unusedBlockIssues(_ field: String, _ provider: Provider) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    let blocks: [(String, Provider, Bool)] = [
      ("gcs", .gcs, gcs != nil), ("azure", .azure, azure != nil), ("filesystem", .filesystem, filesystem != nil),
      ("serverSideEncryption", .s3, serverSideEncryption != nil), ("objectLock", .s3, objectLock != nil),
    ]
    for (name, owner, isSet) in blocks where isSet && owner != provider {
      issues.add(
        "\(field).\(name)",
        "has no meaning for provider \(provider.rawValue); set provider: \(owner.rawValue) or remove the block")
    }
    if let encryption = serverSideEncryption {
      if !["AES256", "aws:kms"].contains(encryption.type) {
        issues.add(
          "\(field).serverSideEncryption.type", "\(Syntax.quoted(encryption.type)) is not known; use AES256 or aws:kms")
      }
      issues.add(
        "\(field).serverSideEncryption.kmsKeyID", encryption.kmsKeyID.flatMap { Syntax.line($0, limit: 2_048) })
      if encryption.type == "AES256", encryption.kmsKeyID != nil {
        issues.add("\(field).serverSideEncryption.kmsKeyID", "goes with type aws:kms only")
      }
    }
    if let lock = objectLock {
      if !["governance", "compliance"].contains(lock.mode) {
        issues.add("\(field).objectLock.mode", "\(Syntax.quoted(lock.mode)) is not known; use governance or compliance")
      }
      issues.add("\(field).objectLock.retainFor", DurationText.positiveProblem(lock.retainFor))
    }
    return issues
  }

  private func transferIssues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).pathPrefix", pathPrefix.flatMap(BucketName.pathPrefixProblem))
    if let partSize {
      if let bytes = partSize.bytes {
        if !Self.partSizeBounds.contains(bytes) {
          issues.add("\(field).partSize", "is \(bytes) bytes; use 5Mi to 5Gi, what S3 takes as a part")
        }
      } else {
        issues.add("\(field).partSize", "is not a whole number of bytes; write for example 10485760 or 10Mi")
      }
    }
    if let concurrency, !(1...16).contains(concurrency) {
      issues.add("\(field).concurrency", "is \(concurrency); use 1 to 16 parts in flight")
    }
    return issues
  }
}

extension DurationText {
  /// Like ``parse(_:)``, and zero is wrong too.
  static func positiveProblem(_ text: String) -> String? {
    do throws(ParseError) {
      return try parse(text) > .zero ? nil : "is zero; write a duration longer than zero, for example 168h or 30d"
    } catch {
      return error.message
    }
  }
}
