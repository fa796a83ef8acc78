import ObjectStore

extension GCSStore {
  /// Whether the bucket takes a retention of single objects, which is a setting of the bucket. Holds it always takes.
  /// https://cloud.google.com/storage/docs/object-lock
  /// - Throws: `ObjectStoreError.Code.accessDenied` where the credentials may not ask (`storage.buckets.get`).
  public func allowsRetention() async throws -> Bool {
    struct Bucket: Decodable {
      struct ObjectRetention: Decodable {
        var mode: String?
      }
      var objectRetention: ObjectRetention?
    }
    let request = requests.bucket(fields: "objectRetention")
    let bucket = try transport.decode(Bucket.self, try await transport.send(request), request)
    return bucket.objectRetention?.mode?.lowercased() == "enabled"
  }
}

extension GCSRequests {
  fileprivate func bucket(fields: String) -> GCSRequest {
    GCSRequest(
      method: "GET", url: String(endpoint.objects().dropLast("/o".count)), query: [(name: "fields", value: fields)],
      operation: "GET \(location)", permission: "storage.buckets.get")
  }
}
