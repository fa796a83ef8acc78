import Foundation
import NIOCore
import Testing

@testable import S3Store

/// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
@Suite struct SigV4Tests {
  private let signer = SigV4(
    credentials: S3Credentials(
      accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    region: "us-east-1")
  private let date = Date(timeIntervalSince1970: 1_369_353_600)
  private let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private let host = (name: "Host", value: "examplebucket.s3.amazonaws.com")
  private let suite = SigV4(
    credentials: S3Credentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    region: "us-east-1", service: "service")
  private let suiteDate = Date(timeIntervalSince1970: 1_440_938_160)
  private let suiteHost = (name: "Host", value: "example.amazonaws.com")

  private func signature(_ headers: [(name: String, value: String)]) -> String? {
    headers.first { $0.name == "authorization" }?.value.components(separatedBy: "Signature=").last
  }

  @Test func getObjectWithARange() {
    let headers = signer.sign(
      method: "GET", path: "/test.txt", query: [], headers: [host, (name: "Range", value: "bytes=0-9")],
      payloadHash: emptyHash, date: date)
    #expect(signature(headers) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    #expect(
      headers.first { $0.name == "authorization" }?.value.hasPrefix(
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
          + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=") == true)
  }

  @Test func putObjectWithAnEncodedKey() {
    let headers = signer.sign(
      method: "PUT", path: "/\(URIEncoding.encode("test$file.text", keepSlashes: true))", query: [],
      headers: [
        host, (name: "Date", value: "Fri, 24 May 2013 00:00:00 GMT"),
        (name: "x-amz-storage-class", value: "REDUCED_REDUNDANCY"),
      ], payloadHash: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", date: date)
    #expect(signature(headers) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
  }

  @Test func subresourceWithoutAValue() {
    let headers = signer.sign(
      method: "GET", path: "/", query: [(name: "lifecycle", value: "")], headers: [host], payloadHash: emptyHash,
      date: date)
    #expect(signature(headers) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
  }

  @Test func listObjectsWithAQuery() {
    let headers = signer.sign(
      method: "GET", path: "/", query: [(name: "prefix", value: "J"), (name: "max-keys", value: "2")],
      headers: [host], payloadHash: emptyHash, date: date)
    #expect(signature(headers) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
  }

  /// Cases of AWS's own test suite (aws-sig-v4-test-suite), for a service that is not S3.
  @Test(
    arguments: [
      ("GET", "/", [], [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
      ("GET", "/", ["Param1"], [], "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
      ("GET", "/", ["Param2", "Param1"], [], "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
      (
        "GET", "/", [], [("My-Header1", " value1"), ("My-Header2", #" "a   b   c""#)],
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
      ),
      ("POST", "/", [], [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ] as [(String, String, [String], [(String, String)], String)])
  func theTestSuiteOfAWSPasses(
    method: String, path: String, parameters: [String], headers: [(String, String)], expected: String
  ) {
    let query = parameters.map { (name: $0, value: "value\($0.suffix(1))") }
    let signed = suite.sign(
      method: method, path: path, query: query, headers: [suiteHost] + headers.map { (name: $0.0, value: $0.1) },
      payloadHash: emptyHash, date: suiteDate)
    #expect(signature(signed) == expected)
    #expect(!signed.contains { $0.name == "x-amz-content-sha256" })
  }

  @Test func aFormOfTheTestSuiteIsSignedWithItsBody() {
    let signed = suite.sign(
      method: "POST", path: "/", query: [],
      headers: [suiteHost, (name: "Content-Type", value: "application/x-www-form-urlencoded")],
      payloadHash: S3Payload(ByteBuffer(string: "Param1=value1")).sha256Hex, date: suiteDate)
    #expect(signature(signed) == "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")
  }

  @Test func theTokenOfTheTestSuiteIsSigned() {
    var signer = suite
    signer.credentials.sessionToken =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwth"
      + "Ax7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAk"
      + "iY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
    let signed = signer.sign(
      method: "POST", path: "/", query: [], headers: [suiteHost], payloadHash: emptyHash, date: suiteDate)
    #expect(signature(signed) == "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")
  }

  @Test func theSessionTokenIsSigned() {
    var signer = signer
    signer.credentials.sessionToken = "token"
    let headers = signer.sign(
      method: "GET", path: "/", query: [], headers: [host], payloadHash: emptyHash, date: date)
    #expect(headers.contains { $0.name == "x-amz-security-token" && $0.value == "token" })
    #expect(headers.first { $0.name == "authorization" }?.value.contains("x-amz-security-token") == true)
  }

  @Test func encodingIsThatOfRFC3986() {
    #expect(URIEncoding.encode("aZ09-._~") == "aZ09-._~")
    #expect(URIEncoding.encode("a b+c/d=é", keepSlashes: true) == "a%20b%2Bc/d%3D%C3%A9")
    #expect(URIEncoding.encode("a/b") == "a%2Fb")
    #expect(URIEncoding.query([(name: "b", value: "2&"), (name: "a", value: "")]) == "a=&b=2%26")
  }

  @Test func secretsAreNotInDescriptions() {
    let credentials = S3Credentials(accessKeyID: "AKIA", secretAccessKey: "very-secret", sessionToken: "also-secret")
    var dumped = ""
    dump(credentials, to: &dumped)
    dump(S3Configuration(bucket: "b", credentials: StaticCredentials(credentials)), to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains("very-secret") && !text.contains("also-secret"))
    }
  }
}
