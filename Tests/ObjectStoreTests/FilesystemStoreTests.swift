import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import Testing

@Suite struct FilesystemStoreTests {
  private func mode(_ url: URL) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions] as? Int
  }

  private func everything(below folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func filesAreReadableByTheirOwnerOnly() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      try await store.put("a/b", body: patternedBytes(10))
      _ = try await withUpload(to: "a/c", in: store, options: UploadOptions(partSize: 5)) {
        try await $0.write(patternedBytes(20))
      }
      #expect(try mode(folder.appendingPathComponent("a/b")) == 0o600)
      #expect(try mode(folder.appendingPathComponent("a/c")) == 0o600)
      #expect(try mode(folder.appendingPathComponent("a")) == 0o700)
    }
  }

  @Test func deletingTheLastObjectRemovesItsFolders() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      try await store.put("a/b/c/1", body: patternedBytes(1))
      try await store.put("a/2", body: patternedBytes(1))
      try await store.delete("a/b/c/1")
      #expect(try everything(below: folder) == [".holdfast-uploads", "a", "a/2"])
    }
  }

  /// What a process leaves that dies before the rename: debris that is found, no object. Promise 4.
  @Test func aCrashDuringAnUploadLeavesOnlyWhatListUploadsFinds() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      let upload = try await store.startUpload("policy/a")
      try await upload.uploadPart(1, body: patternedBytes(1000))
      let after = FilesystemStore(root: folder.path)
      #expect(try await after.listAll(prefix: "").isEmpty)
      let found = try await after.listUploads(prefix: "policy/")
      #expect(found.map(\.key) == ["policy/a"])
      for upload in found { try await after.abortUpload(upload) }
      #expect(try everything(below: folder) == [".holdfast-uploads"])
    }
  }

  @Test func aFailedPutLeavesNothing() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      try await store.put("a", body: patternedBytes(1), condition: .ifAbsent)
      await #expect(throws: ObjectStoreError.self) {
        try await store.put("a", body: patternedBytes(2), condition: .ifAbsent)
      }
      await #expect { try await store.put("a/below", body: patternedBytes(2)) } throws: {
        ($0 as? ObjectStoreError)?.code == .configuration
      }
      #expect(try everything(below: folder) == [".holdfast-uploads", "a"])
    }
  }

  @Test func linksAreNoObjects() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("link").path, withDestinationPath: "/etc/passwd")
      #expect(try await store.head("link") == nil)
      #expect(try await store.listAll(prefix: "").isEmpty)
      await #expect { try await store.getBytes("link", upTo: 1 << 20) } throws: {
        ($0 as? ObjectStoreError)?.code == .notFound
      }
    }
  }

  @Test func theRootMayBeALink() async throws {
    try await withTemporaryFolder { folder in
      let link = folder.appendingPathComponent("link").path
      let target = folder.appendingPathComponent("target")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target.path)
      let store = FilesystemStore(root: link)
      try await store.put("a/b", body: patternedBytes(3))
      #expect(try await store.listAll(prefix: "").map(\.key) == ["a/b"])
      #expect(try await store.getBytes("a/b", upTo: 10) == patternedBytes(3))
      try await store.delete("a/b")
      #expect(try await store.listAll(prefix: "").isEmpty)
    }
  }

  @Test func aMissingRootSaysSo() async throws {
    let store = FilesystemStore(root: "/nowhere/to/be/found")
    for operation: @Sendable () async throws -> Void in [
      { try await store.put("a", body: ByteBuffer()) },
      { _ = try await store.list(prefix: "", startingAfter: nil) },
      { _ = try await store.getBytes("a", upTo: 1) },
      { _ = try await store.startUpload("a") },
    ] {
      await #expect {
        try await operation()
      } throws: { error in
        let error = error as? ObjectStoreError
        return error?.code == .bucketNotFound && error?.message.contains("/nowhere/to/be/found") == true
      }
    }
  }

  @Test func theStoresOwnFolderIsNoPlaceForObjects() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      await #expect(throws: ObjectStoreError.self) { try await store.put(".holdfast-uploads/a", body: ByteBuffer()) }
    }
  }

  @Test func aSegmentThatIsTooLongIsAConfigurationError() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      await #expect {
        try await store.put(String(repeating: "n", count: 300), body: ByteBuffer())
      } throws: { ($0 as? ObjectStoreError)?.code == .configuration }
    }
  }

  @Test func deletingAndWritingInOneFolderDoNotDisturbEachOther() async throws {
    try await withTemporaryFolder { folder in
      let store = FilesystemStore(root: folder.path)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<4 {
          group.addTask {
            for _ in 0..<50 {
              try await store.put("x/y/z/\(worker)", body: patternedBytes(10))
              try await store.delete("x/y/z/\(worker)")
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await store.listAll(prefix: "").isEmpty)
    }
  }
}
