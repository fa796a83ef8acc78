import Foundation
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
