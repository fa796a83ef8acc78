/// Names and paths in object stores, by each provider's own rules.
enum BucketName {
  static func problem(_ name: String, _ provider: Target.Provider) -> String? {
    if name.isEmpty { return "is empty; name an existing bucket" }
    if name.contains("/") {
      return "\(Syntax.quoted(name)) contains a slash; put what follows the bucket's name into pathPrefix"
    }
    if name.contains(":") { return "\(Syntax.quoted(name)) contains a colon; write the bare name, no URL and no ARN" }
    return switch provider {
    case .s3, .filesystem: s3Problem(name)
    case .gcs: gcsProblem(name)
    case .azure: azureProblem(name)
    }
  }

  /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  private static func s3Problem(_ name: String) -> String? {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let looksLikeAddress = labels.count == 4 && labels.allSatisfy { $0.allSatisfy(\.isASCIIDigit) }
    let isValid = (3...63).contains(name.utf8.count) && !looksLikeAddress && labels.allSatisfy { Syntax.isDNSLabel($0) }
    return isValid
      ? nil
      : "\(Syntax.quoted(name)) is not an S3 bucket name: 3 to 63 lower-case letters, digits, '-' and '.', with a letter or "
        + "digit at both ends and beside each '.', and not an IP address"
  }

  /// https://cloud.google.com/storage/docs/buckets#naming
  private static func gcsProblem(_ name: String) -> String? {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    let limit = labels.count > 1 ? 222 : 63
    let isValid =
      (3...limit).contains(name.utf8.count)
      && labels.allSatisfy { label in
        guard let first = label.utf8.first, let last = label.utf8.last, label.utf8.count <= 63 else { return false }
        return Syntax.isLowerAlphanumeric(first) && Syntax.isLowerAlphanumeric(last)
          && label.utf8.allSatisfy { Syntax.isLowerAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
      }
    return isValid
      ? nil
      : "\(Syntax.quoted(name)) is not a Cloud Storage bucket name: 3 to 63 lower-case letters, digits, '-', '_' and '.', "
        + "with a letter or digit at both ends"
  }

  /// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
  private static func azureProblem(_ name: String) -> String? {
    let isValid =
      name.utf8.count >= 3 && Syntax.isDNSLabel(Substring(name)) && !name.contains("--")
    return isValid
      ? nil
      : "\(Syntax.quoted(name)) is not a container name: 3 to 63 lower-case letters, digits and single '-', with a letter "
        + "or digit at both ends"
  }

  /// Slashes at either end do not matter. S3 limits a whole key to 1,024 bytes, of which namespace, policy, id and
  /// source may need 340.
  static func pathPrefixProblem(_ path: String) -> String? {
    if path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return "contains a control character"
    }
    if path.utf8.count > 512 { return "is longer than 512 bytes" }
    let trimmed = path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed()
    let segments = String(trimmed).split(separator: "/", omittingEmptySubsequences: false)
    if segments.contains(where: { $0 == "." || $0 == ".." }) {
      return "\(Syntax.quoted(path)) contains '.' or '..' as a segment; write the path as it is in the bucket"
    }
    if segments.count > 1 && segments.contains("") { return "\(Syntax.quoted(path)) contains an empty segment ('//')" }
    if path.contains("\\") { return "\(Syntax.quoted(path)) contains a backslash; segments are divided by '/'" }
    return nil
  }

  static func regionProblem(_ region: String) -> String? {
    let isValid =
      (1...64).contains(region.utf8.count)
      && region.utf8.allSatisfy { Syntax.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
    return isValid ? nil : "\(Syntax.quoted(region)) is not a region; it looks like us-east-1"
  }

  static func isRoleARN(_ text: String) -> Bool {
    let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    return parts.count == 6 && parts[0] == "arn" && parts[1].hasPrefix("aws") && parts[2] == "iam" && parts[3].isEmpty
      && parts[4].count == 12 && parts[4].allSatisfy(\.isASCIIDigit) && parts[5].hasPrefix("role/")
      && parts[5].utf8.count > 5 && Syntax.line(text, limit: 2_048) == nil
  }
}
