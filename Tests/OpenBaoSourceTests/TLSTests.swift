import Foundation
import NIOCore
import OpenBaoSource
import SnapshotSource
import TestServers
import Testing

/// Certificates, and where a token may travel.
@Suite struct TLSTests {
  /// A TLS server for `bao.internal` on 127.0.0.1 that gives a snapshot, or redirects.
  private struct Server {
    let process: ServerProcess
    let port: Int
    let certificate: String
    var address: String { "https://127.0.0.1:\(port)" }

    static func start(archive: [UInt8], redirect: String = "") async throws -> Server {
      let folder = try ServerProcess.makeFolder("tls")
      let openssl = try Tool.find("openssl", package: "Debian openssl")
      let python = try Tool.find("python3", package: "Debian python3")
      let maker = try ServerProcess(
        [
          openssl.path, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=holdfast-test",
          "-addext", "subjectAltName=DNS:bao.internal", "-keyout", "\(folder.path)/key.pem", "-out",
          "\(folder.path)/cert.pem",
        ], folder: try ServerProcess.makeFolder("openssl"))
      try await eventually("openssl is done") { !maker.isRunning }
      let certificate = try String(contentsOf: folder.appendingPathComponent("cert.pem"), encoding: .utf8)
      try Data(archive).write(to: folder.appendingPathComponent("archive"))
      let process = try ServerProcess([python.path, "-c", program(folder.path, redirect)], folder: folder)
      let portFile = folder.appendingPathComponent("port")
      try await process.waitUntil("the TLS server listens") { FileManager.default.fileExists(atPath: portFile.path) }
      let port = Int(try String(contentsOf: portFile, encoding: .utf8)) ?? 0
      return Server(process: process, port: port, certificate: certificate)
    }

    private static func program(_ folder: String, _ redirect: String) -> String {
      """
      import http.server, os, ssl
      archive = open("\(folder)/archive", "rb").read()
      class Handler(http.server.BaseHTTPRequestHandler):
          protocol_version = "HTTP/1.1"
          def do_GET(self):
              snapshot = self.path.endswith("raft/snapshot")
              if snapshot and "\(redirect)":
                  self.send_response(307)
                  self.send_header("Location", "\(redirect)" + self.path)
                  self.send_header("Content-Length", "0")
                  self.end_headers()
                  return
              body = archive if snapshot else b'{"initialized": true, "sealed": false}'
              self.send_response(200)
              self.send_header("Content-Length", str(len(body)))
              self.end_headers()
              self.wfile.write(body)
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain("\(folder)/cert.pem", "\(folder)/key.pem")
      server.socket = context.wrap_socket(server.socket, server_side=True)
      with open("\(folder)/port.new", "w") as file: file.write(str(server.server_port))
      os.rename("\(folder)/port.new", "\(folder)/port")
      server.serve_forever()
      """
    }
  }

  private func failure(_ endpoint: OpenBaoEndpoint) async -> SnapshotSourceError? {
    do {
      _ = try await OpenBaoSource(name: "raft", endpoint: endpoint).capture { _ in }
      return nil
    } catch {
      return error as? SnapshotSourceError ?? SnapshotSourceError(.failed, operation: "", message: "\(error)")
    }
  }

  @Test func certificatesAreCheckedAgainstTheBundleAndTheName() async throws {
    let server = try await Server.start(archive: RaftArchive().gzip)
    var endpoint = OpenBaoEndpoint(address: server.address, login: .token("s.t"))
    let untrusted = try #require(await failure(endpoint))
    #expect(untrusted.code == .certificateUntrusted)
    #expect(untrusted.message.contains("caBundle"))

    endpoint.caCertificates = server.certificate
    #expect(await failure(endpoint)?.code == .certificateUntrusted, "the name is another")
    endpoint.tlsServerName = "bao.internal"
    let accepted = await failure(endpoint)
    #expect(accepted?.description == nil)
    endpoint.tlsServerName = "other.internal"
    #expect(await failure(endpoint)?.code == .certificateUntrusted)
    endpoint.caCertificates = "nonsense"
    #expect(await failure(endpoint)?.code == .configuration)
    server.process.stop()
  }

  @Test func aTokenNeverTravelsInTheClearAfterTLS() async throws {
    let plain = try await StubServer.start { _ in nil }
    let server = try await Server.start(archive: [], redirect: plain.address)
    let endpoint = OpenBaoEndpoint(
      address: server.address, login: .token("s.t"), caCertificates: server.certificate, tlsServerName: "bao.internal")
    let error = try #require(await failure(endpoint))
    #expect(error.code == .configuration)
    #expect(error.message.contains("in the clear"))
    #expect(plain.requests.isEmpty)
    server.process.stop()
    await plain.stop()
  }

  @Test func aWrongSchemeIsSaid() async throws {
    let plain = try await OpenBaoServer.shared.get()
    let address = plain.address.replacingOccurrences(of: "http:", with: "https:")
    let error = try #require(await failure(OpenBaoEndpoint(address: address, login: .token("s.t"))))
    #expect(error.code == .unreachable)
    #expect(error.message.contains("scheme"), "\(error.message)")
  }
}
