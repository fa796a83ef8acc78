/// Which program an image's entrypoint stands for: the sandbox pulls nothing, it runs local programs.
public struct ImageMap: Sendable {
  private var commands: [String: [String]]

  /// - Parameter commands: By image reference; the value is the entrypoint, a path and leading arguments. A reference
  ///   without a tag stands for every tag.
  public init(_ commands: [String: [String]] = [:]) { self.commands = commands }

  func entrypoint(of image: String) -> [String]? {
    if let command = commands[image] { return command }
    let afterSlash = image.lastIndex(of: "/").map { image[image.index(after: $0)...] } ?? image[...]
    guard let colon = afterSlash.lastIndex(of: ":") else { return nil }
    return commands[String(image[..<colon])]
  }
}
