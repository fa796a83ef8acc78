internal import Foundation

/// Why a database, or a part of it, could not be read.
public struct BoltError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure. More codes may come: keep a `default`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) { self.name = name }

    public var description: String { name }

    /// The file system refused.
    public static let unreadable = Code("unreadable")
    /// The file is no bbolt database, or neither meta page is valid.
    public static let notDatabase = Code("notDatabase")
    /// A page on the way is damaged. ``BoltDatabase/check(probes:)`` tells more.
    public static let corrupt = Code("corrupt")
  }

  public var code: Code
  public var page: UInt64?
  public var message: String

  public init(_ code: Code, page: UInt64?, _ message: String) {
    self.code = code
    self.page = page
    self.message = message
  }

  public var description: String { message }

  static func system(_ what: String, _ number: CInt) -> BoltError {
    BoltError(.unreadable, page: nil, "\(what): \(String(cString: strerror(number)))")
  }
}
