import Foundation
import NIOCore
import ObjectStore

extension StoreCheck {
  static let uploadChecks: [StoreCheck] = [
    StoreCheck("parts become one object at complete, and nothing is visible before") { fixture in
      let upload = try await fixture.store.startUpload(fixture.key("big/object"))
      let size = fixture.minimumPartSize + 17
      let parts = [patternedBytes(size), patternedBytes(size, seed: 2), patternedBytes(11)]
      for (index, part) in parts.enumerated() { try await upload.uploadPart(index + 1, body: part) }
      try require(try await fixture.store.head(fixture.key("big/object")) == nil, "visible before complete")
      try requireEqual(try await fixture.names(), [])
      try await upload.complete()
      var whole = ByteBuffer()
      for part in parts { whole.writeImmutableBuffer(part) }
      try require(try await fixture.bytes("big/object") == whole, "the object is not its parts")
      try requireEqual(try await fixture.store.listUploads(prefix: fixture.prefix), [])
      try requireEqual(try await fixture.names(), ["big/object"])
    },
    StoreCheck("parts come in any order and at once; one sent again replaces itself") { fixture in
      let upload = try await fixture.store.startUpload(fixture.key("a"))
      let size = fixture.minimumPartSize + 13
      let parts = [patternedBytes(size), patternedBytes(size, seed: 2), patternedBytes(5, seed: 3)]
      try await upload.uploadPart(3, body: patternedBytes(9, seed: 9))
      try await upload.uploadPart(2, body: patternedBytes(size, seed: 8))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, part) in parts.enumerated() {
          group.addTask { try await upload.uploadPart(index + 1, body: part) }
        }
        try await group.waitForAll()
      }
      try await upload.complete()
      var whole = ByteBuffer()
      for part in parts { whole.writeImmutableBuffer(part) }
      try require(try await fixture.bytes("a") == whole, "the object is not its parts")
    },
    StoreCheck("complete replaces an object of that key, in one step") { fixture in
      try await fixture.store.put(fixture.key("a"), body: ByteBuffer(string: "old"))
      let upload = try await fixture.store.startUpload(fixture.key("a"))
      try await upload.uploadPart(1, body: ByteBuffer(string: "new"))
      try requireEqual(String(buffer: try await fixture.bytes("a")), "old")
      try await upload.complete()
      try requireEqual(String(buffer: try await fixture.bytes("a")), "new")
    },
    StoreCheck("an aborted upload leaves nothing and cannot be completed") { fixture in
      let upload = try await fixture.store.startUpload(fixture.key("a/b"))
      try await upload.uploadPart(1, body: patternedBytes(100))
      try await upload.abort()
      try await upload.abort()
      try await requireError(.notFound) { try await upload.complete() }
      try requireEqual(try await fixture.store.listUploads(prefix: fixture.prefix), [])
      try requireEqual(try await fixture.names(), [])
    },
    StoreCheck("complete needs all parts") { fixture in
      let upload = try await fixture.store.startUpload(fixture.key("a"))
      try await requireError(.configuration) { try await upload.complete() }
      try await upload.uploadPart(2, body: patternedBytes(10))
      try await requireError(.configuration) { try await upload.complete() }
      try await requireError(.configuration) { try await upload.uploadPart(0, body: patternedBytes(10)) }
      try await requireError(.configuration) { try await upload.uploadPart(10_001, body: patternedBytes(10)) }
      try await upload.abort()
      try require(try await fixture.store.head(fixture.key("a")) == nil, "there is an object")
    },
    StoreCheck("complete a second time says that the upload is gone, or that it is done") { fixture in
      let upload = try await fixture.store.startUpload(fixture.key("a"))
      try await upload.uploadPart(1, body: patternedBytes(100))
      try await upload.complete()
      do {
        try await upload.complete()
      } catch let error as ObjectStoreError where error.code == .notFound {
        // What S3 does, some time after.
      }
      try await upload.abort()
      try requireEqual(try await fixture.bytes("a"), patternedBytes(100))
    },
    StoreCheck("open uploads are found below a prefix and can be aborted by what is found") { fixture in
      let first = try await fixture.store.startUpload(fixture.key("x/first"))
      try await first.uploadPart(1, body: patternedBytes(100))
      _ = try await fixture.store.startUpload(fixture.key("x/se cond+"))
      _ = try await fixture.store.startUpload(fixture.key("y/third"))
      let found = try await fixture.store.listUploads(prefix: fixture.key("x/"))
      try requireEqual(found.map(\.key).sorted(), [fixture.key("x/first"), fixture.key("x/se cond+")])
      for upload in found {
        try require(abs(upload.started?.timeIntervalSinceNow ?? 0) < 300, "begun just now, and \(upload)")
        try await fixture.store.abortUpload(upload)
        try await fixture.store.abortUpload(upload)
      }
      try requireEqual(try await fixture.store.listUploads(prefix: fixture.key("x/")), [])
      for upload in try await fixture.store.listUploads(prefix: fixture.prefix) {
        try requireEqual(upload.key, fixture.key("y/third"))
        try await fixture.store.abortUpload(upload)
      }
      try requireEqual(try await fixture.store.listUploads(prefix: fixture.prefix), [])
    },
    StoreCheck("the uploader's objects are what was written, around each boundary") { fixture in
      let part = fixture.minimumPartSize + (fixture.minimumPartSize == 1 ? 999 : 0)
      for size in [0, 1, part - 1, part, part + 1, 3 * part, 3 * part + 1] {
        var content = patternedBytes(size, seed: UInt64(size))
        let whole = content
        let (_, summary) = try await withUpload(
          to: fixture.key("up-\(size)"), in: fixture.store, options: UploadOptions(partSize: part, concurrency: 2)
        ) { uploader in
          while content.readableBytes > 0 {
            let length = min(content.readableBytes, max(part / 3, 1))
            if let chunk = content.readSlice(length: length) { try await uploader.write(chunk) }
          }
        }
        let count = size <= part ? 0 : (size + part - 1) / part
        try requireEqual(summary, UploadSummary(size: Int64(size), partCount: count))
        try require(try await fixture.bytes("up-\(size)") == whole, "\(size) bytes came back as others")
      }
      try requireEqual(try await fixture.store.listUploads(prefix: fixture.prefix), [])
    },
  ]
}
