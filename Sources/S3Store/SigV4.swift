import Crypto
import Foundation

/// AWS Signature Version 4 in the `Authorization` header; pure.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
struct SigV4: Sendable {
  var credentials: S3Credentials
  var region: String
  var service = "s3"

  /// The headers to send: those given, and what signing adds. All of them are signed.
  /// - Parameters:
  ///   - path: Encoded, as sent.
  ///   - query: Not encoded.
  ///   - headers: With `host`.
  ///   - payloadHash: SHA-256 of the body in hex, or for S3 that it is not signed.
  func sign(
    method: String, path: String, query: [(name: String, value: String)], headers: [(name: String, value: String)],
    payloadHash: String, date: Date
  ) -> [(name: String, value: String)] {
    let timestamp = Self.timestamp(date)
    var headers = headers.map { (name: $0.name.lowercased(), value: $0.value) }
    // S3 alone wants to be told.
    if service == "s3" { headers.append((name: "x-amz-content-sha256", value: payloadHash)) }
    headers.append((name: "x-amz-date", value: timestamp))
    if let token = credentials.sessionToken { headers.append((name: "x-amz-security-token", value: token)) }
    headers.sort { $0.name < $1.name }

    let names = headers.map(\.name).joined(separator: ";")
    let canonical = [
      method, path, URIEncoding.query(query), headers.map { "\($0.name):\(Self.trimmed($0.value))\n" }.joined(), names,
      payloadHash,
    ].joined(separator: "\n")
    let scope = "\(timestamp.prefix(8))/\(region)/\(service)/aws4_request"
    let toSign = ["AWS4-HMAC-SHA256", timestamp, scope, Self.hex(SHA256.hash(data: Data(canonical.utf8)))]
      .joined(separator: "\n")
    let signature = Self.hex(Self.hmac(key(String(timestamp.prefix(8))), toSign))
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
    return headers + [(name: "authorization", value: authorization)]
  }

  private func key(_ day: String) -> [UInt8] {
    var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
    for part in [day, region, service, "aws4_request"] { key = Self.hmac(key, part) }
    return key
  }

  private static func hmac(_ key: [UInt8], _ text: String) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Runs of spaces count as one.
  private static func trimmed(_ value: String) -> String {
    value.split(separator: " ").joined(separator: " ")
  }

  /// `20261121T030000Z`
  static func timestamp(_ date: Date) -> String {
    date.formatted(
      Date.ISO8601FormatStyle(dateSeparator: .omitted, dateTimeSeparator: .standard, timeSeparator: .omitted))
  }
}
