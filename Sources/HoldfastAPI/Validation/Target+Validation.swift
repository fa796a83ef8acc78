import KubernetesModel

extension Target {
  /// Everything that the target alone can tell.
  ///
  /// - Parameter allowsLocalPath: The target is of a plan outside a cluster, where `filesystem.path` is a folder.
  func issues(_ field: String, allowsLocalPath: Bool) -> [ValidationIssue] {
    var issues =
      resolvedProvider == .filesystem
      ? filesystemIssues(field, allowsLocalPath: allowsLocalPath) : objectStoreIssues(field)
    issues += foreignFieldIssues(field)
    issues += identityIssues(field)
    issues += gcs?.issues("\(field).gcs") ?? []
    issues += azure?.issues("\(field).azure") ?? []
    issues += serverSideEncryption?.issues("\(field).serverSideEncryption") ?? []
    issues += objectLock?.issues("\(field).objectLock") ?? []
    issues += tagIssues("\(field).tags")
    issues += transferIssues(field)
    issues += credentialsSecretRef?.issues("\(field).credentialsSecretRef") ?? []
    issues += caBundle?.issues("\(field).caBundle") ?? []
    return issues
  }

  private func objectStoreIssues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    let container = resolvedProvider == .azure ? azure?.container : nil
    if let bucket {
      issues.add("\(field).bucket", BucketName.problem(bucket, resolvedProvider))
      if let container, container != bucket {
        issues.add("\(field).azure.container", "differs from bucket; they mean the same, so keep one")
      }
    } else if let container {
      issues.add("\(field).azure.container", BucketName.problem(container, .azure))
    } else {
      issues.add("\(field).bucket", "is required for provider \(resolvedProvider.rawValue); name an existing bucket")
    }
    if resolvedProvider == .azure, azure?.storageAccount == nil, endpoint == nil, credentialsSecretRef == nil {
      issues.add(
        "\(field).azure.storageAccount",
        "is required for provider azure unless endpoint is set, or the Secret of credentialsSecretRef names it")
    }
    // An emulator of Azure has the account in the path.
    let pathSegment = resolvedProvider == .azure ? "for an emulator the storage account" : nil
    issues.add("\(field).endpoint", endpoint.flatMap { WebAddress.problem($0, pathSegment: pathSegment) })
    issues.add("\(field).region", region.flatMap { BucketName.regionProblem($0) })
    issues.add("\(field).storageClass", storageClass.flatMap(storageClassProblem))
    if let roleArn, !BucketName.isRoleARN(roleArn) {
      issues.add(
        "\(field).roleArn", "is not the ARN of an IAM role; it looks like arn:aws:iam::123456789012:role/backup")
    }
    return issues
  }

  /// Manifests are read by list, verify, prune and restore, and these classes answer no read before a restore of hours.
  private func storageClassProblem(_ name: String) -> String? {
    if let problem = Syntax.line(name, limit: 64) { return problem }
    return resolvedProvider == .s3 && ["GLACIER", "DEEP_ARCHIVE"].contains(name)
      ? "\(name) cannot be read at once, so that nothing could be pruned, verified or restored; use GLACIER_IR" : nil
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
    return issues
  }

  /// One identity: which of two would be used is for nobody to guess.
  private func identityIssues(_ field: String) -> [ValidationIssue] {
    guard credentialsSecretRef != nil else { return [] }
    var issues: [ValidationIssue] = []
    func refuse(_ name: String, _ isSet: Bool) {
      if isSet {
        issues.add("\(field).\(name)", "and credentialsSecretRef are two identities; keep one")
      }
    }
    refuse("gcs.workloadIdentityProvider", gcs?.workloadIdentityProvider != nil)
    refuse("azure.clientID", azure?.clientID != nil)
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

  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
  private func tagIssues(_ field: String) -> [ValidationIssue] {
    guard let tags else { return [] }
    var issues: [ValidationIssue] = []
    if tags.count > 10 { issues.add(field, "has \(tags.count) entries; an object has at most 10 tags") }
    for (key, value) in tags.sorted(by: { $0.key < $1.key }).prefix(10) {
      let name = "\(field)[\(Syntax.quoted(key))]"
      if key.isEmpty || key.unicodeScalars.count > 128 || !Self.isTagText(key) {
        issues.add(name, "has a key that is no tag: 1 to 128 letters, digits, spaces and + - = . _ : / @")
      } else if key.lowercased().hasPrefix("aws:") {
        issues.add(name, "begins with aws:, which is AWS's own; choose another key")
      }
      if value.unicodeScalars.count > 256 || !Self.isTagText(value) {
        issues.add(name, "has a value that is none of a tag: at most 256 letters, digits, spaces and + - = . _ : / @")
      }
    }
    return issues
  }

  private static func isTagText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0.properties.numericType != nil || " +-=._:/@".unicodeScalars.contains($0)
    }
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
