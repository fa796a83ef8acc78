import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ObjectStore
import StoreHTTP
import Synchronization

/// Signs requests, sends them, and gives failures their form.
///
/// What can be put right at once is, each thing once for a request: keys that the store calls expired, a bucket that is
/// in another region of AWS, a checksum that the server does not know. All else is for the retry decorator.
final class S3Transport: Sendable {
  /// What the store has told about itself.
  private struct Learned {
    var endpoint: S3Endpoint
    var region: String
    var refusesChecksums = false
  }

  /// How one request goes out.
  private struct Attempt {
    var endpoint: S3Endpoint
    var region: String
    var checksum: S3Configuration.Checksum
    var credentials: S3Credentials
  }

  private enum Remedy {
    case keys, region, checksum
  }

  let configuration: S3Configuration
  let client: StoreHTTPClient
  let now: @Sendable () -> Date
  private let learned: Mutex<Learned>

  init(_ configuration: S3Configuration, now: @escaping @Sendable () -> Date) throws {
    self.configuration = configuration
    self.now = now
    let endpoint = try S3Endpoint(configuration, region: configuration.region)
    learned = Mutex(Learned(endpoint: endpoint, region: configuration.region))
    client = try StoreHTTPClient(configuration.http)
  }

  /// An answer whose head is there: 2xx, or 416.
  struct Opened {
    var response: HTTPClientResponse
    var sent: StoreHTTPRequest
    var integrity: S3Integrity
  }

  /// Sends, and reads the whole of a small answer.
  /// - Throws: ``ObjectStoreError`` for every status but 2xx.
  func send(_ request: S3Request) async throws -> StoreHTTPAnswer {
    try await exchange(request).answer
  }

  /// The same for bytes of an object.
  /// - Throws: ``ObjectStoreError/Code/integrity`` where the answer does not prove that they arrived.
  func store(_ request: S3Request) async throws -> S3Receipt {
    let (answer, integrity) = try await exchange(request)
    var isKMS = false
    if case .kms = configuration.serverSideEncryption { isKMS = true }
    return try integrity.check(answer, request, isKMS: isKMS)
  }

  private func exchange(_ request: S3Request) async throws -> (answer: StoreHTTPAnswer, integrity: S3Integrity) {
    let opened = try await begin(request)
    let answer = try await client.collect(opened.response, opened.sent)
    guard answer.isSuccess else { throw failure(answer, request).storeError }
    return (answer, opened.integrity)
  }

  /// Sends, and leaves the body of a good answer to be read.
  func begin(_ request: S3Request) async throws -> Opened {
    var attempt = try await firstAttempt()
    var done: Set<Remedy> = []
    while true {
      let integrity = S3Integrity(request, checksum: attempt.checksum, isSecure: attempt.endpoint.scheme == "https")
      let signed = sign(request, integrity, attempt)
      let response = try await client.begin(signed)
      let status = Int(response.status.code)
      if (200...299).contains(status) || status == 416 {
        if done.contains(.checksum) { learned.withLock { $0.refusesChecksums = true } }
        return Opened(response: response, sent: signed, integrity: integrity)
      }
      let answer = try await client.collect(response, signed)
      let failure = failure(answer, request, region: attempt.region)
      guard let (remedy, next) = try await remedy(failure, request, integrity, attempt),
        done.insert(remedy).inserted
      else { throw failure.storeError }
      attempt = next
    }
  }

  private func firstAttempt() async throws -> Attempt {
    let credentials = try await configuration.credentials.credentials()
    return learned.withLock { learned in
      Attempt(
        endpoint: learned.endpoint, region: learned.region,
        checksum: checksum(learned, isSecure: learned.endpoint.scheme == "https"), credentials: credentials)
    }
  }

  private func checksum(_ learned: Learned, isSecure: Bool) -> S3Configuration.Checksum {
    guard configuration.checksum == .automatic else { return configuration.checksum }
    if learned.refusesChecksums { return .md5 }
    return isSecure ? .crc32c : .sha256
  }

  /// The algorithm for an upload that begins now.
  var algorithm: S3ChecksumAlgorithm? {
    let checksum = learned.withLock { self.checksum($0, isSecure: $0.endpoint.scheme == "https") }
    return switch checksum {
    case .sha256: .sha256
    case .crc32c: .crc32c
    default: nil
    }
  }

  private func remedy(
    _ failure: S3Failure, _ request: S3Request, _ integrity: S3Integrity, _ attempt: Attempt
  ) async throws -> (Remedy, Attempt)? {
    var next = attempt
    if failure.refusesKeys(hasToken: attempt.credentials.sessionToken != nil) {
      guard let keys = try await configuration.credentials.renewed(after: attempt.credentials) else { return nil }
      next.credentials = keys
      return (.keys, next)
    }
    if let region = failure.bucketRegion, region != attempt.region, S3Endpoint.isAWS(configuration),
      let endpoint = try? S3Endpoint(configuration, region: region)
    {
      learned.withLock { learned in
        learned.endpoint = endpoint
        learned.region = region
      }
      next.endpoint = endpoint
      next.region = region
      return (.region, next)
    }
    if configuration.checksum == .automatic, integrity.algorithm != nil || request.announced != nil,
      failure.refusesChecksum
    {
      next.checksum = .md5
      return (.checksum, next)
    }
    return nil
  }

  /// The request as it goes out.
  private func sign(_ request: S3Request, _ integrity: S3Integrity, _ attempt: Attempt) -> StoreHTTPRequest {
    let signer = SigV4(credentials: attempt.credentials, region: attempt.region)
    var headers = request.headers + integrity.headers
    headers.append((name: "host", value: attempt.endpoint.host))
    if let algorithm = request.announced, attempt.checksum != .md5 {
      headers.append((name: "x-amz-checksum-algorithm", value: algorithm.rawValue))
    }
    if configuration.requesterPays { headers.append((name: "x-amz-request-payer", value: "requester")) }
    let signed = signer.sign(
      method: request.method, path: attempt.endpoint.path(request.key), query: request.query, headers: headers,
      payloadHash: integrity.payloadHash, date: now())
    return StoreHTTPRequest(
      method: request.method, url: attempt.endpoint.url(request), headers: signed, body: request.payload?.bytes,
      operation: request.operation)
  }

  func failure(_ answer: StoreHTTPAnswer, _ request: S3Request, region: String? = nil) -> S3Failure {
    let error = try? XMLElement(parsing: answer.body.readableBytesView)
    var configuration = configuration
    configuration.region = region ?? learned.withLock { $0.region }
    return S3Failure(
      status: answer.status, headers: answer.headers, error: error?.name == "Error" ? error : nil, request: request,
      configuration: configuration, now: now())
  }

  /// The answer as XML.
  func xml(_ answer: StoreHTTPAnswer, _ request: S3Request) throws -> XMLElement {
    do {
      return try XMLElement(parsing: answer.body.readableBytesView)
    } catch {
      throw ObjectStoreError(
        .integrity, isRetryable: true, operation: request.operation,
        message: "the store's answer cannot be read: \(error)", cause: error)
    }
  }
}
