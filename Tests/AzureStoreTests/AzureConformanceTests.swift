import AzureStore
import FakeAzure
import Foundation
import NIOCore
import ObjectStore
import ObjectStoreTestKit
import Testing

@Suite struct AzureConformanceTests {
  @Test(arguments: StoreCheck.all) func conforms(check: StoreCheck) async throws {
    try await withAzure { store, _, _ in
      try await check.run(StoreFixture(store: store, moreThanAPage: 305))
    }
  }

  /// Pages that are shorter than asked for, or empty, with a marker all the same.
  @Test(arguments: StoreCheck.all.filter { $0.name.contains("pages") || $0.name.contains("open uploads") })
  func conformsWithShortPages(check: StoreCheck) async throws {
    try await withAzure { store, _, fake in
      fake.giveShortPages()
      try await check.run(StoreFixture(store: store, moreThanAPage: 305))
    }
  }

  @Test(arguments: StoreCheck.all) func conformsWithASASToken(check: StoreCheck) async throws {
    try await withAzure { _, configuration, fake in
      var configuration = configuration
      configuration.credentials = .sas(try fake.sas("rcwdl"))
      try await withStore(configuration) { store in
        try await check.run(StoreFixture(store: store, moreThanAPage: 205))
      }
    }
  }
}

@Suite struct AzureListingTests {
  @Test func goingOnFromPageToPageCostsOneRequestEach() async throws {
    try await withAzure(pageSize: 10) { store, _, fake in
      for number in 0..<45 { try await store.put("n/\(10 + number)", body: ByteBuffer()) }
      let before = fake.log.count
      #expect(try await store.listAll(prefix: "n/").count == 45)
      #expect(fake.log.count - before == 5)
    }
  }

  @Test func aFolderOfAHierarchicalNamespaceIsNoObject() async throws {
    let listing = """
      <EnumerationResults><Blobs>
      <Blob><Name>a</Name><Properties><Etag>1</Etag><Content-Length>0</Content-Length><ResourceType>directory</ResourceType></Properties></Blob>
      <Blob><Name>a/b</Name><Properties><Etag>1</Etag><Content-Length>3</Content-Length><ResourceType>file</ResourceType></Properties></Blob>
      <Blob><Name>a-b</Name><Properties><Etag>1</Etag><Content-Length>3</Content-Length></Properties></Blob>
      </Blobs><NextMarker /></EnumerationResults>
      """
    try await withProxy(nil, decide: { _ in .answer(200, body: listing) }) { proxy in
      let configuration = AzureConfiguration(
        storageAccount: "account", container: "backups", endpoint: proxy.endpoint,
        credentials: .accountKey(try AzureAccountKey(base64: "a2V5")))
      try await withStore(configuration) { store in
        let keys = try await store.listAll(prefix: "a").map(\.key)
        #expect(keys == ["a/b", "a-b"])
        // What is not in order cannot be gone on with at a key; a listing with a gap would be worse than none.
        await #expect {
          try await store.list(prefix: "a", startingAfter: "a/a")
        } throws: { says($0, .unsupported, "hierarchical namespace") }
      }
    }
  }

  @Test func aListingThatWasCutIsNoShortListing() async throws {
    let listing = "<EnumerationResults><Blobs></Blobs></EnumerationResults>"
    try await withProxy(nil, decide: { _ in .answer(200, body: listing) }) { proxy in
      let configuration = AzureConfiguration(
        storageAccount: "account", container: "backups", endpoint: proxy.endpoint,
        credentials: .accountKey(try AzureAccountKey(base64: "a2V5")))
      try await withStore(configuration) { store in
        await #expect { try await store.listAll(prefix: "") } throws: { says($0, .integrity, "NextMarker") }
      }
    }
  }
}
