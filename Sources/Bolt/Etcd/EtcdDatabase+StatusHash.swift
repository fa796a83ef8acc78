internal import CCRC32C

extension EtcdDatabase {
  /// The hash that `etcdctl snapshot status` shows: CRC-32C of all buckets' names, keys and values, in order.
  ///
  /// It needs the keys in their order, and so a file. Only for a database that was found sound.
  ///
  /// - Throws: ``BoltError``, or `CancellationError`.
  public static func statusHash(_ database: BoltDatabase) throws -> UInt32 {
    var hash: UInt32 = 0
    func add(_ bytes: [UInt8]) {
      hash = bytes.withUnsafeBytes { holdfast_crc32c(hash, $0.baseAddress, $0.count) }
    }
    var buckets = try database.root.entries()
    while let bucket = try buckets.next() {
      add(bucket.key)
      guard var entries = try bucket.bucket?.entries() else { continue }
      while let entry = try entries.next() {
        try Task.checkCancellation()
        add(entry.key)
        add(entry.value ?? [])
      }
    }
    return hash
  }
}
