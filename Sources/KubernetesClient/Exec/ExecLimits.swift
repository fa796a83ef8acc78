/// How long and how much a call of ``KubernetesClient/exec(in:pod:container:command:stdin:limits:stdout:)`` may take.
public struct ExecLimits: Sendable {
  /// For TCP, TLS and the upgrade; the server answers it once the kubelet has taken the command.
  public var connect: Duration
  /// For silence of the command, while the consumer waits for more. Time that the consumer takes does not count.
  public var idle: Duration
  /// For the whole call; nil means none.
  public var total: Duration?
  /// Between pings, which find out that a silent connection is dead.
  public var keepAlive: Duration
  /// For silence of the server, pongs included, while the consumer waits for more.
  public var unresponsive: Duration
  /// After the exit status, for the server to close the connection.
  public var closing: Duration
  /// Bytes of standard error that are kept, from its start and as many from its end.
  public var stderr: Int
  /// Bytes of one frame of the server.
  public var frame: Int

  public init(
    connect: Duration = .seconds(30), idle: Duration = .seconds(300), total: Duration? = nil,
    keepAlive: Duration = .seconds(10), unresponsive: Duration = .seconds(45), closing: Duration = .seconds(5),
    stderr: Int = 8 << 10, frame: Int = 4 << 20
  ) {
    self.connect = connect
    self.idle = idle
    self.total = total
    self.keepAlive = keepAlive
    self.unresponsive = unresponsive
    self.closing = closing
    self.stderr = stderr
    self.frame = frame
  }
}
