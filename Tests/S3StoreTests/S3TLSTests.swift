import Foundation
import NIOCore
import ObjectStore
import StoreHTTP
import ObjectStoreTestKit
import S3Store
import TestServers
import Testing

/// A real server behind TLS with a certificate of our own.
@Suite struct S3TLSTests {
  /// A self-signed certificate for 127.0.0.1, by the real openssl.
  private func makeIdentity() async throws -> FaultProxy.Identity {
    let openssl = try Tool.find("openssl", package: "Debian openssl")
    let folder = try ServerProcess.makeFolder("openssl")
    defer { try? FileManager.default.removeItem(at: folder) }
    let certificate = folder.appendingPathComponent("cert.pem")
    let key = folder.appendingPathComponent("key.pem")
    let process = try ServerProcess(
      [
        openssl.path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=holdfast-test",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.path, "-out", certificate.path,
      ], folder: folder)
    try await eventually("openssl is done") { !process.isRunning }
    return FaultProxy.Identity(
      certificate: try String(contentsOf: certificate, encoding: .utf8),
      key: try String(contentsOf: key, encoding: .utf8))
  }

  @Test func aCertificateOfOnesOwnNeedsItsCA() async throws {
    let identity = try await makeIdentity()
    try await withSeaweed { direct, configuration, server in
      try await withProxy(server.endpoint, identity: identity, decide: { _ in nil }) { proxy in
        var configuration = configuration
        configuration.endpoint = proxy.endpoint
        try await S3Store.withStore(configuration) { store in
          await #expect {
            try await store.put("a", body: ByteBuffer())
          } throws: { error in
            code(error) == .certificateUntrusted && "\(error)".contains("caBundle")
              && (error as? ObjectStoreError)?.isRetryable == false
          }
        }
        configuration.http.caCertificates = Array(identity.certificate.utf8)
        try await S3Store.withStore(configuration) { store in
          let body = patternedBytes(11 << 20)
          _ = try await withUpload(to: "a", in: store, options: UploadOptions(partSize: 5 << 20)) {
            try await $0.write(body)
          }
          #expect(try await direct.getBytes("a", upTo: 20 << 20) == body)
          #expect(try await store.getBytes("a", upTo: 20 << 20) == body)
        }
      }
    }
  }

  @Test func plainHTTPOnATLSPortIsUnreachable() async throws {
    let identity = try await makeIdentity()
    try await withProxy(nil, identity: identity, decide: { _ in nil }) { proxy in
      let configuration = S3Configuration(
        bucket: "bucket", endpoint: "http://127.0.0.1:\(proxy.port)",
        credentials: StaticCredentials(accessKeyID: "a", secretAccessKey: "b"))
      try await S3Store.withStore(configuration) { store in
        await #expect { try await store.put("a", body: ByteBuffer()) } throws: { code($0) == .unreachable }
      }
    }
  }
}
