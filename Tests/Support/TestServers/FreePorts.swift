#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// TCP ports of 127.0.0.1 that nobody listens on now. For programs that cannot listen on port 0 and say which one it
/// became; another process may still be faster, so starting tries again.
public func freePorts(_ count: Int) throws -> [Int] {
  var sockets: [Int32] = []
  defer { for descriptor in sockets { close(descriptor) } }
  return try (0..<count).map { _ in
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TestServerError("socket: errno \(errno)") }
    sockets.append(descriptor)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard result == 0 else { throw TestServerError("bind: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// Starts a server that needs fixed ports, again with others where one was taken meanwhile.
public func startWithFreePorts<Server>(
  _ count: Int, isolation: isolated (any Actor)? = #isolation, _ start: ([Int]) async throws -> Server
) async throws -> Server {
  for _ in 0..<2 {
    if let server = try? await start(freePorts(count)) { return server }
  }
  return try await start(freePorts(count))
}
