extension Target.GCS {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).project", project.flatMap { Syntax.line($0, limit: 128) })
    issues.add("\(field).userProject", userProject.flatMap { Syntax.line($0, limit: 128) })
    if let kmsKeyName, !Self.isPath(kmsKeyName, ["projects", "locations", "keyRings", "cryptoKeys"]) {
      issues.add(
        "\(field).kmsKeyName",
        "\(Syntax.quoted(kmsKeyName)) is no key; it looks like projects/P/locations/L/keyRings/R/cryptoKeys/K")
    }
    if let workloadIdentityProvider,
      !Self.isPath(workloadIdentityProvider, ["projects", "locations", "workloadIdentityPools", "providers"])
    {
      issues.add(
        "\(field).workloadIdentityProvider",
        "\(Syntax.quoted(workloadIdentityProvider)) is no provider; it looks like "
          + "projects/123456789012/locations/global/workloadIdentityPools/POOL/providers/PROVIDER")
    }
    if let serviceAccount {
      issues.add("\(field).serviceAccount", Self.mailProblem(serviceAccount))
      if workloadIdentityProvider == nil {
        issues.add(
          "\(field).serviceAccount",
          "goes with workloadIdentityProvider only; on GKE annotate the ServiceAccount of executor.serviceAccountName")
      }
    }
    return issues
  }

  private static func isPath(_ text: String, _ names: [String]) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 1_024 && parts.count == names.count * 2
      && zip(names.indices, names).allSatisfy { index, name in
        parts[index * 2] == name && isSegment(parts[index * 2 + 1])
      }
  }

  private static func isSegment(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { Syntax.isAlphanumeric($0) || [0x2D, 0x2E, 0x3A, 0x5F].contains($0) }
  }

  private static func mailProblem(_ text: String) -> String? {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let isValid = parts.count == 2 && text.utf8.count <= 254 && parts.allSatisfy(isSegment) && parts[1].contains(".")
    return isValid
      ? nil : "\(Syntax.quoted(text)) is no service account; it looks like backup@my-project.iam.gserviceaccount.com"
  }
}

extension Target.Azure {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if let storageAccount, !Self.isAccount(storageAccount) {
      issues.add(
        "\(field).storageAccount",
        "\(Syntax.quoted(storageAccount)) is no storage account: 3 to 24 lower-case letters and digits")
    }
    if let encryptionScope, !Self.isScope(encryptionScope) {
      issues.add(
        "\(field).encryptionScope",
        "\(Syntax.quoted(encryptionScope)) is no encryption scope: 3 to 63 letters, digits and single '-'")
    }
    if let clientID, !Self.isGUID(clientID) {
      issues.add(
        "\(field).clientID",
        "\(Syntax.quoted(clientID)) is no client id; it looks like 00000000-0000-0000-0000-000000000000")
    }
    if let tenantID {
      if tenantID.isEmpty || tenantID.utf8.count > 253
        || !tenantID.utf8.allSatisfy({ Syntax.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E })
      {
        issues.add(
          "\(field).tenantID", "\(Syntax.quoted(tenantID)) is no tenant; write its id, or a domain of it")
      }
      if clientID == nil { issues.add("\(field).tenantID", "goes with clientID only; set both") }
    }
    return issues
  }

  private static func isAccount(_ text: String) -> Bool {
    (3...24).contains(text.utf8.count) && text.utf8.allSatisfy(Syntax.isLowerAlphanumeric)
  }

  private static func isScope(_ text: String) -> Bool {
    text.utf8.count >= 3 && Syntax.isDNSLabel(Substring(text.lowercased())) && !text.contains("--")
  }

  private static func isGUID(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
  }
}

extension Target.ServerSideEncryption {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if !["AES256", "aws:kms"].contains(type) {
      issues.add("\(field).type", "\(Syntax.quoted(type)) is not known; use AES256 or aws:kms")
    }
    issues.add("\(field).kmsKeyID", kmsKeyID.flatMap { Syntax.line($0, limit: 2_048) })
    if type == "AES256" {
      if kmsKeyID != nil { issues.add("\(field).kmsKeyID", "goes with type aws:kms only") }
      if bucketKey == true { issues.add("\(field).bucketKey", "goes with type aws:kms only") }
    }
    return issues
  }
}

extension Target.ObjectLock {
  func issues(_ field: String) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    if let mode, !["governance", "compliance"].contains(mode) {
      issues.add("\(field).mode", "\(Syntax.quoted(mode)) is not known; use governance or compliance")
    }
    issues.add("\(field).retainFor", retainFor.flatMap(DurationText.positiveProblem))
    if mode != nil, retainFor == nil {
      issues.add("\(field).retainFor", "is required with mode; write for example 30d")
    }
    if mode == nil, retainFor != nil {
      issues.add("\(field).mode", "is required with retainFor; use governance or compliance")
    }
    if mode == nil, retainFor == nil, legalHold != true {
      issues.add(field, "locks nothing; set mode and retainFor, or legalHold: true, or remove the block")
    }
    return issues
  }
}
