import Foundation
import TestServers

/// A server that gives a good archive of some MiB, slowly enough to be interrupted.
struct SlowArchive: Sendable {
  let process: ServerProcess
  let address: String

  /// - Parameters:
  ///   - size: Bytes of `state.bin`, which do not compress.
  ///   - delay: Seconds before each piece of 256 KiB.
  static func start(size: Int = 24 << 20, delay: Double = 0.01) async throws -> SlowArchive {
    let folder = try ServerProcess.makeFolder("archive")
    let python = try Tool.find("python3", package: "Debian python3")
    let ready = folder.appendingPathComponent("port")
    let process = try ServerProcess([python.path, "-c", program(size, delay, ready.path)], folder: folder)
    try await process.waitUntil("the archive server listens") { FileManager.default.fileExists(atPath: ready.path) }
    let port = try String(contentsOf: ready, encoding: .utf8)
    return SlowArchive(process: process, address: "http://127.0.0.1:\(port)")
  }

  private static func program(_ size: Int, _ delay: Double, _ ready: String) -> String {
    """
    import gzip, hashlib, http.server, io, os, random, tarfile, time
    state = random.Random(1).randbytes(\(size))
    files = {"meta.json": b'{"Index": 7, "Term": 2}', "state.bin": state}
    files["SHA256SUMS"] = b"".join(
        hashlib.sha256(data).hexdigest().encode() + b"  " + name.encode() + b"\\n" for name, data in files.items())
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    body = gzip.compress(tar.getvalue(), 0)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *arguments): pass
        def do_GET(self):
            if not self.path.endswith("raft/snapshot"):
                answer = b'{"initialized": true, "sealed": false}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for start in range(0, len(body), 1 << 18):
                time.sleep(\(delay))
                self.wfile.write(body[start:start + (1 << 18)])

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open("\(ready).new", "w") as file: file.write(str(server.server_port))
    os.rename("\(ready).new", "\(ready)")
    server.serve_forever()
    """
  }
}
