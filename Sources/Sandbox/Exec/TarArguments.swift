/// Arguments of `tar`, whose archives carry the names that it was given: they must not be those of this machine.
///
/// `kubectl cp` reads with `tar cf - /data`. Rewritten as any other path, the members would be called `tmp/…/data`; so the
/// container's root becomes the folder to start from, and names stay as they are.
struct TarArguments {
  let rewriting: PathRewriting

  /// Where `tar` is in a command: itself, or behind `env` and its settings.
  static func position(in command: [String]) -> Int? {
    let first = command.first?.split(separator: "/").last == "env" ? command.dropFirst() : command[...]
    guard let index = first.firstIndex(where: { !$0.contains("=") }), first[index].split(separator: "/").last == "tar"
    else { return nil }
    return index
  }

  /// - Parameter arguments: What follows `tar`.
  func rewrite(_ arguments: [String]) -> [String] {
    let isCreating = Self.isCreating(arguments)
    var result: [String] = []
    var (isFolder, startsAtRoot, hasOnlyNames) = (false, false, false)
    for argument in arguments {
      let option = ["--directory=", "-C"].first { argument.hasPrefix($0) && argument != $0 }
      if isFolder || argument == "--directory=/" {
        let path = isFolder ? argument : "/"
        startsAtRoot = path == "/"
        result.append((isFolder ? "" : option ?? "") + (startsAtRoot ? rewriting.root + "/" : rewriting.rewrite(path)))
        isFolder = false
      } else if argument == "-C" || argument == "--directory" {
        isFolder = true
        result.append(argument)
      } else if isCreating, !hasOnlyNames, argument.hasPrefix("/"), rewriting.rewrite(argument) != argument {
        result += ["-C", rewriting.root + "/", member(argument)]
      } else if isCreating, startsAtRoot, !argument.hasPrefix("-") {
        result.append(member(argument))
      } else {
        hasOnlyNames = hasOnlyNames || argument == "--"
        result.append(rewriting.rewrite(argument))
      }
    }
    return result
  }

  private static func isCreating(_ arguments: [String]) -> Bool {
    if arguments.contains("--create") { return true }
    // `cf`, or `-cf` and `-c`.
    if let first = arguments.first, !first.hasPrefix("-"), first.contains("c") { return true }
    return arguments.contains { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains("c") }
  }

  /// Relative to the root. A mount is a link here, behind which the folder is.
  private func member(_ path: String) -> String {
    var relative = path[...]
    while relative.hasPrefix("/") { relative = relative.dropFirst() }
    let parts = relative.split(separator: "/").filter { $0 != "." }
    let isMount = rewriting.mountPaths.contains("/" + parts.joined(separator: "/"))
    return isMount ? "\(relative)/." : String(relative)
  }
}
