import ObjectStore
import StoreHTTP
import Testing

@testable import S3Store

@Suite struct S3EndpointTests {
  private func url(
    _ endpoint: String?, bucket: String = "my-bucket", region: String = "eu-west-1", pathStyle: Bool = false,
    key: String? = "a b/c"
  ) throws -> String {
    let configuration = S3Configuration(
      bucket: bucket, endpoint: endpoint, region: region, usePathStyle: pathStyle,
      credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
    var request = S3Requests(configuration).get("x", range: nil)
    request.key = key
    return try S3Endpoint(configuration, region: region).url(request)
  }

  @Test func addressesFollowEndpointAndStyle() throws {
    #expect(try url(nil) == "https://my-bucket.s3.eu-west-1.amazonaws.com/a%20b/c")
    #expect(try url(nil, pathStyle: true) == "https://s3.eu-west-1.amazonaws.com/my-bucket/a%20b/c")
    #expect(try url(nil, region: "cn-north-1") == "https://my-bucket.s3.cn-north-1.amazonaws.com.cn/a%20b/c")
    #expect(try url("minio.example:9000", pathStyle: true) == "https://minio.example:9000/my-bucket/a%20b/c")
    #expect(try url("http://minio.example") == "http://my-bucket.minio.example/a%20b/c")
    #expect(try url("https://gateway.example/s3/", pathStyle: true) == "https://gateway.example/s3/my-bucket/a%20b/c")
    #expect(try url("https://s3.example:443", key: nil) == "https://my-bucket.s3.example/")
  }

  @Test func pathStyleIsUsedWhereTheOtherCannotWork() throws {
    #expect(try url("http://10.0.0.1:9000") == "http://10.0.0.1:9000/my-bucket/a%20b/c")
    #expect(try url("http://[::1]:9000") == "http://[::1]:9000/my-bucket/a%20b/c")
    #expect(try url(nil, bucket: "my.bucket") == "https://s3.eu-west-1.amazonaws.com/my.bucket/a%20b/c")
  }

  @Test(arguments: ["ftp://x", "http://", "://", "https://x?y=z", "https://user:pw@x", "https://a b"])
  func aBadEndpointIsAConfigurationError(endpoint: String) {
    #expect { try url(endpoint) } throws: { ($0 as? ObjectStoreError)?.code == .configuration }
  }

  @Test(arguments: ["", "ab", "with/slash", "with space", "ünicode"])
  func aBadBucketIsAConfigurationError(bucket: String) {
    #expect { try url(nil, bucket: bucket) } throws: { ($0 as? ObjectStoreError)?.code == .configuration }
  }

  @Test func aBadCertificateIsAConfigurationError() {
    var configuration = S3Configuration(
      bucket: "bucket", credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
    configuration.http.caCertificates = Array("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----".utf8)
    #expect { try S3Store(configuration) } throws: { ($0 as? ObjectStoreError)?.code == .configuration }
  }
}
