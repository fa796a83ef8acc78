import EtcdSource
import Foundation
import SnapshotSource
import TestServers
import Testing

/// A real etcd that asks for client certificates.
@Suite struct TLSTests {
  /// A CA, a server and a client, made by the real openssl.
  private struct Authority {
    let folder: URL
    var ca: String { folder.appendingPathComponent("ca.pem").path }
    var tls: EtcdCluster.TLS {
      EtcdCluster.TLS(
        ca: ca, certificate: folder.appendingPathComponent("server.pem").path,
        key: folder.appendingPathComponent("server.key").path)
    }

    func text(_ name: String) throws -> String {
      try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    static func make() async throws -> Authority {
      let openssl = try Tool.find("openssl", package: "Debian openssl")
      let folder = try ServerProcess.makeFolder("pki")
      let script = """
        set -e; cd "$1"
        "$2" req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
        for name in server client; do
          "$2" req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr
          printf 'subjectAltName=DNS:etcd.internal\\nextendedKeyUsage=serverAuth,clientAuth\\n' >ext
          "$2" x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $name.pem
        done
        """
      _ = try await EtcdCluster.run(["/bin/sh", "-c", script, "sh", folder.path, openssl.path])
      return Authority(folder: folder)
    }
  }

  @Test(arguments: EtcdConfiguration.API.allCases)
  func certificatesOfBothSidesAreChecked(_ api: EtcdConfiguration.API) async throws {
    let authority = try await Authority.make()
    defer { try? FileManager.default.removeItem(at: authority.folder) }
    let cluster = try await EtcdCluster.start(tls: authority.tls)
    defer { cluster.stop() }
    var configuration = EtcdConfiguration(endpoints: cluster.endpoints, api: api)
    configuration.tls = EtcdConfiguration.TLS(
      caCertificates: try authority.text("ca.pem"), clientCertificate: try authority.text("client.pem"),
      clientKey: try authority.text("client.key"), serverName: "etcd.internal")
    _ = try await Capture.of(configuration).status()

    var unnamed = configuration
    unnamed.tls.serverName = nil
    #expect(await Capture.failure(unnamed)?.code == .certificateUntrusted)

    var untrusted = configuration
    untrusted.tls.caCertificates = nil
    let error = await Capture.failure(untrusted)
    #expect(error?.code == .certificateUntrusted)
    #expect(error?.message.contains("tls.caBundle") == true, "\(error?.message ?? "")")

    var unverified = untrusted
    unverified.tls.insecureSkipVerify = true
    _ = try await Capture.of(unverified).status()

    var anonymous = configuration
    anonymous.tls.clientCertificate = nil
    anonymous.tls.clientKey = nil
    let refused = await Capture.failure(anonymous)
    #expect(refused?.code == .unauthorized, "\(String(describing: refused))")
    #expect(refused?.message.contains("clientCertificateSecretRef") == true, "\(refused?.message ?? "")")

    var plain = configuration
    plain.endpoints = [cluster.endpoints[0].replacingOccurrences(of: "https", with: "http")]
    #expect(await Capture.failure(plain)?.code == .unreachable)
  }
}
