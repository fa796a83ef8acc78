import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Testing

@testable import AzureStore

@Suite struct AzureValueTests {
  /// The check value of CRC-64/NVME, and lengths around the steps of sixteen against the plain way, bit by bit.
  @Test func crc64IsThatOfTheCatalogue() {
    func checksum(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { CRC64.checksum($0) } }
    #expect(checksum(Array("123456789".utf8)) == 0xAE8B_1486_0A79_9888)
    #expect(checksum([]) == 0)
    for count in [1, 15, 16, 17, 31, 32, 33, 100] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
      var crc = UInt64.max
      for byte in bytes {
        crc ^= UInt64(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x9A6C_9329_AC4B_C9B5 : crc >> 1 }
      }
      #expect(checksum(bytes) == ~crc)
    }
    #expect(CRC64.header(ByteBuffer(string: "123456789")) == "iJh5CoYUi64=")
  }

  @Test func blockNamesHaveOneLengthAndTellTheUpload() throws {
    let upload = BlockID.newUpload(Date(timeIntervalSince1970: 1_795_259_831), random: 7)
    let ids = [0, 1, 10_000].map { BlockID(upload: upload, number: $0).encoded }
    #expect(Set(ids.map(\.count)) == [48])
    #expect(ids.allSatisfy { !$0.contains("=") })
    let read = try #require(BlockID(encoded: ids[2]))
    #expect(read.number == 10_000)
    #expect(read.started == Date(timeIntervalSince1970: 1_795_259_831))
    #expect(read.upload == "6b017db7-0000000000000007")
    #expect(BlockID(encoded: "YmxvY2stMDAx") == nil)
    #expect(BlockID.newUpload(Date()) != BlockID.newUpload(Date()))
  }

  @Test func datesAreWrittenAsHTTPWantsThem() {
    #expect(HTTPDate.format(Date(timeIntervalSince1970: 1_795_259_831)) == "Sat, 21 Nov 2026 11:17:11 GMT")
    #expect(HTTPDate.format(Date(timeIntervalSince1970: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    for day in 0..<800 {
      let date = Date(timeIntervalSince1970: 1_700_000_000 + Double(day) * 86_400)
      #expect(HeaderValues.httpDate(HTTPDate.format(date)) == date)
    }
  }

  /// The examples of the documentation.
  /// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
  @Test func theStringToSignIsTheDocumentations() throws {
    let signature = SharedKeySignature(account: "myaccount", key: try AzureAccountKey(base64: "a2V5"))
    let metadata = signature.stringToSign(
      method: "GET", path: "/mycontainer",
      query: [
        (name: "restype", value: "container"), (name: "comp", value: "metadata"), (name: "timeout", value: "20"),
      ],
      headers: [
        (name: "x-ms-version", value: "2015-02-21"), (name: "x-ms-date", value: "Fri, 26 Jun 2015 23:39:12 GMT"),
      ], contentLength: 0)
    #expect(
      metadata
        == "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
        + "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20")
    let list = signature.stringToSign(
      method: "GET", path: "/mycontainer",
      query: [
        (name: "restype", value: "container"), (name: "comp", value: "list"), (name: "include", value: "snapshots"),
        (name: "include", value: "metadata"), (name: "include", value: "uncommittedblobs"),
      ], headers: [], contentLength: 0)
    #expect(
      list.hasSuffix(
        "\n/myaccount/mycontainer\ncomp:list\ninclude:metadata,snapshots,uncommittedblobs\nrestype:container"))
    let put = signature.stringToSign(
      method: "PUT", path: "/mycontainer/a%20b", query: [],
      headers: [(name: "content-type", value: "text/plain"), (name: "if-none-match", value: "*")], contentLength: 11)
    #expect(put == "PUT\n\n\n11\n\ntext/plain\n\n\n\n*\n\n\n/myaccount/mycontainer/a%20b")
  }

  // MARK: Endpoints

  private func url(
    _ endpoint: String?, account: String = "acme", container: String = "backups", cloud: AzureCloud = .publicCloud
  ) throws -> String {
    let configuration = AzureConfiguration(
      storageAccount: account, container: container, endpoint: endpoint, cloud: cloud,
      credentials: .accountKey(try AzureAccountKey(base64: "a2V5")))
    return try AzureEndpoint(configuration).url("a b/c+", query: [(name: "sig", value: "x+y/z=")])
  }

  @Test func addressesFollowEndpointAndCloud() throws {
    let rest = "/backups/a%20b/c%2B?sig=x%2By%2Fz%3D"
    #expect(try url(nil) == "https://acme.blob.core.windows.net\(rest)")
    #expect(try url(nil, cloud: .china) == "https://acme.blob.core.chinacloudapi.cn\(rest)")
    #expect(try url(nil, cloud: .usGovernment) == "https://acme.blob.core.usgovcloudapi.net\(rest)")
    #expect(try url("https://files.acme.example/") == "https://files.acme.example\(rest)")
    #expect(
      try url("acme.privatelink.blob.core.windows.net") == "https://acme.privatelink.blob.core.windows.net\(rest)")
    #expect(try url("http://127.0.0.1:10000/acme") == "http://127.0.0.1:10000/acme\(rest)")
    #expect(try url("http://127.0.0.1:10000") == "http://127.0.0.1:10000/acme\(rest)")
    #expect(try url("http://azurite:10000") == "http://azurite:10000/acme\(rest)")
    #expect(try url("http://azurite.dev.svc:10000/acme") == "http://azurite.dev.svc:10000/acme\(rest)")
  }

  @Test func whatCannotBeIsAConfigurationError() {
    for endpoint in [
      "ftp://x", "http://", "://", "https://x?sv=1&sig=secretsignature", "https://user:pw@x", "https://a b",
    ] {
      #expect { try url(endpoint) } throws: { says($0, .configuration) && !"\($0)".contains("secretsignature") }
    }
    for account in ["", "ab", "Acme", "acme.blob.core.windows.net", "acme-1"] {
      #expect { try url(nil, account: account) } throws: { says($0, .configuration, "storage account") }
    }
    for container in ["", "ab", "Backups", "a--b", "-ab", "with/slash", "with space"] {
      #expect { try url(nil, container: container) } throws: { says($0, .configuration, "container") }
    }
  }

  @Test func tiersAndCloudsAreReadByName() throws {
    #expect(try AzureAccessTier(name: "cool") == .cool)
    #expect(try AzureCloud(name: "azurechinacloud") == .china)
    #expect { try AzureAccessTier(name: "Archive") } throws: { says($0, .configuration, "cannot be read for hours") }
    #expect { try AzureAccessTier(name: "x") } throws: { says($0, .configuration, "Hot, Cool, Cold") }
    #expect { try AzureCloud(name: "x") } throws: { says($0, .configuration, "AzurePublicCloud") }
  }

  // MARK: Cursors

  @Test func theLatestMarkersAreKept() {
    var cursors = ListingCursors()
    for number in 0..<100 { cursors.remember(prefix: "p", after: "\(number)", marker: "m\(number)") }
    #expect(cursors.marker(prefix: "p", after: "99") == "m99")
    #expect(cursors.marker(prefix: "p", after: "99") == "m99")
    #expect(cursors.marker(prefix: "q", after: "99") == nil)
    #expect(cursors.marker(prefix: "p", after: "0") == nil)
  }
}

@Suite struct AzureErrorMappingTests {
  private func map(
    _ status: Int, _ code: String?, detail: String? = nil, headers: HTTPHeaders = [:], conditional: Bool = false,
    credentials: AzureCredentials? = nil
  ) throws -> ObjectStoreError {
    var configuration = AzureConfiguration(
      storageAccount: "acme", container: "backups",
      credentials: try credentials ?? .accountKey(AzureAccountKey(base64: "a2V5")))
    configuration.accessTier = .cold
    configuration.encryptionScope = "scope-1"
    let request = AzureRequests(configuration: configuration).put(
      "k", body: ByteBuffer(), condition: conditional ? .ifAbsent : .none, date: Date(timeIntervalSince1970: 0))
    let extra = detail.map { "<AuthenticationErrorDetail>\($0)</AuthenticationErrorDetail>" } ?? ""
    let error = try code.map {
      try XMLElement(parsing: "<Error><Code>\($0)</Code><Message>m\nt</Message>\(extra)</Error>".utf8)
    }
    return AzureFailure(
      status: status, headers: headers, error: error, request: request, configuration: configuration,
      now: Date(timeIntervalSince1970: 1_795_259_831)
    ).storeError
  }

  @Test(arguments: [
    (404, "BlobNotFound", ObjectStoreError.Code.notFound, false), (404, "ContainerNotFound", .bucketNotFound, false),
    (409, "ContainerBeingDeleted", .bucketNotFound, false), (409, "BlobAlreadyExists", .alreadyExists, false),
    (412, "ConditionNotMet", .alreadyExists, false), (409, "BlobImmutableDueToPolicy", .locked, false),
    (409, "SnapshotsPresent", .locked, false), (412, "LeaseIdMissing", .locked, false),
    (409, "BlobArchived", .locked, false), (400, "InvalidBlockList", .notFound, false),
    (400, "Md5Mismatch", .integrity, true), (400, "Crc64Mismatch", .integrity, true),
    (413, "RequestBodyTooLarge", .configuration, false), (503, "ServerBusy", .throttled, true),
    (500, "OperationTimedOut", .timeout, true), (500, "InternalError", .serverError, true),
    (403, "AuthenticationFailed", .signatureMismatch, false), (403, "AuthorizationFailure", .accessDenied, false),
    (403, "AuthorizationPermissionMismatch", .accessDenied, false), (403, "AccountIsDisabled", .accessDenied, false),
    (403, "KeyBasedAuthenticationNotPermitted", .accessDenied, false),
    (403, "InsufficientAccountPermissions", .accessDenied, false), (400, "InvalidResourceName", .configuration, false),
    (409, "FeatureVersionMismatch", .unsupported, false), (400, "AccountRequiresHttps", .configuration, false),
    (404, "EncryptionScopeNotFound", .configuration, false),
    (400, "AccessTierNotSupportedForBlobType", .configuration, false),
    (409, "BlockCountExceedsLimit", .configuration, false),
  ])
  func codesBecomeOurs(status: Int, name: String, expected: ObjectStoreError.Code, retryable: Bool) throws {
    for error in [try map(status, name), try map(status, nil, headers: ["x-ms-error-code": name])] {
      #expect(error.code == expected)
      #expect(error.isRetryable == retryable)
      #expect(error.message.contains(name))
    }
  }

  @Test(arguments: [
    (403, ObjectStoreError.Code.accessDenied, false), (401, .accessDenied, false), (404, .notFound, false),
    (408, .timeout, true), (412, .alreadyExists, false), (429, .throttled, true), (500, .serverError, true),
    (501, .unsupported, false), (502, .serverError, true), (503, .throttled, true), (507, .outOfSpace, false),
    (302, .configuration, false), (418, .failed, false),
  ])
  func aStatusAloneIsEnough(status: Int, expected: ObjectStoreError.Code, retryable: Bool) throws {
    let error = try map(status, nil)
    #expect(error.code == expected)
    #expect(error.isRetryable == retryable)
  }

  /// Promise 10: what is wrong, and what to do.
  @Test func messagesNameTheRemedy() throws {
    #expect(try map(404, "ContainerNotFound").message.contains("container backups of account acme does not exist"))
    let skew = try map(
      403, "AuthenticationFailed", detail: "Request date header too old: 'x'",
      headers: ["date": "Sat, 21 Nov 2026 12:00:00 GMT"])
    #expect(says(skew, .clockSkew, "2026-11-21T11:17:11Z", "12:00:00"))
    let headless = try map(
      403, nil, headers: ["x-ms-error-code": "AuthenticationFailed", "date": "Sat, 21 Nov 2026 12:00:00 GMT"])
    #expect(headless.code == .clockSkew)
    let sas = try AzureSASToken("sv=1&sp=c&sig=x")
    #expect(
      try map(403, "UnauthorizedBlobOverwrite", conditional: true, credentials: .sas(sas)).code == .alreadyExists)
    #expect(says(try map(403, "UnauthorizedBlobOverwrite", credentials: .sas(sas)), .accessDenied, "c without w"))
    #expect(try map(404, "EncryptionScopeNotFound").message.contains("scope-1"))
    let identity = AzureCredentials.managedIdentity(AzureManagedIdentity())
    #expect(
      says(
        try map(403, "AuthorizationPermissionMismatch", credentials: identity), .accessDenied,
        "Storage Blob Data Contributor", "system-assigned"))
    #expect(
      says(
        try map(401, "InvalidAuthenticationInfo", detail: "Lifetime validation failed.", credentials: identity),
        .clockSkew))
    #expect(try map(503, "ServerBusy", headers: ["Retry-After": "17"]).retryAfter == .seconds(17))
  }

  /// The server's answer to a wrong signature quotes the signature and much else.
  @Test func theDetailOfAWrongSignatureIsNotRepeated() throws {
    let error = try map(
      403, "AuthenticationFailed", detail: "The MAC signature found in the HTTP request 'c2lnbmF0dXJl'")
    #expect(!error.message.contains("c2lnbmF0dXJl"))
  }
}
