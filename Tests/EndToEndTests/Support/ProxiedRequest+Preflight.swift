import ObjectStoreTestKit

extension ProxiedRequest {
  /// Of the Job that looks whether the store can be used, which runs beside a policy's first backup.
  var isOfPreflight: Bool { path.contains("/.preflight-") }
}
