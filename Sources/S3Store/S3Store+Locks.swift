import ObjectStore
import StoreHTTP

extension S3Store {
  /// Whether the bucket has object lock on.
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectLockConfiguration.html
  /// - Throws: ``ObjectStoreError/Code/accessDenied`` where the credentials may not ask
  ///   (`s3:GetBucketObjectLockConfiguration`).
  public func allowsLocks() async throws -> Bool {
    let request = requests.lockConfiguration()
    do {
      let answer = try await transport.send(request)
      return try reading(request) { try transport.xml(answer, request)["ObjectLockEnabled"] == "Enabled" }
    } catch let error as ObjectStoreError where error.code == .notFound {
      // ObjectLockConfigurationNotFoundError; a missing bucket has a code of its own.
      return false
    }
  }
}

extension S3Requests {
  fileprivate func lockConfiguration() -> S3Request {
    S3Request(
      method: "GET", query: [(name: "object-lock", value: "")],
      operation: "GET s3://\(configuration.bucket)?object-lock", action: "s3:GetBucketObjectLockConfiguration")
  }
}
