import ArgumentParser
import Foundation
import KubernetesModel

/// What may follow on a command line: a pure walk over the commands as the parser itself describes them.
struct CompletionTree: Sendable {
  /// Names that only the cluster knows.
  enum Names: Sendable, Hashable { case policies, backups, restores, backupsAndRestores, namespaces }

  enum Suggestion: Sendable, Hashable {
    /// A word, and a few words on it.
    struct Word: Sendable, Hashable {
      var text: String
      var about: String?
      init(_ text: String, _ about: String? = nil) {
        self.text = text
        self.about = about
      }
    }

    case words([Word])
    case names(Names)
    case files
    case folders
    case nothing
  }

  let root: JSONValue

  init(root: JSONValue) { self.root = root }

  /// The tree of this program.
  static func own() throws -> CompletionTree {
    CompletionTree(root: try JSONValue(parsing: Data(PluginCommand._dumpHelp().utf8))["command"] ?? [:])
  }

  /// - Parameter words: What stands behind `kubectl holdfast`; the last one is being written, and may be empty.
  func suggestion(for words: [String]) -> Suggestion {
    let current = words.last ?? ""
    var command = root
    var path: [String] = []
    var positionals = 0
    var waiting: JSONValue?
    for word in words.dropLast() {
      if waiting != nil {
        waiting = nil
      } else if word.hasPrefix("-") {
        waiting = word.contains("=") ? nil : option(word, of: command, path)
      } else if let next = Self.subcommand(word, of: command) {
        command = next
        path.append(word)
      } else {
        positionals += 1
      }
    }
    if let waiting { return value(of: waiting, path) }
    if current.hasPrefix("--"), let split = current.firstIndex(of: "="),
      let option = option(String(current[..<split]), of: command, path)
    {
      let name = current[...split]
      guard case .words(let words) = value(of: option, path) else { return value(of: option, path) }
      return .words(words.map { .init(name + $0.text, $0.about) })
    }
    if current.hasPrefix("-") { return .words(Self.options(of: command)) }
    let subcommands = Self.subcommands(of: command)
    if !subcommands.isEmpty {
      return .words(
        subcommands.compactMap { item in
          item["commandName"]?.stringValue.map { .init($0, item["abstract"]?.stringValue) }
        })
    }
    return positional(positionals, of: command, path)
  }

  private static func subcommands(of command: JSONValue) -> [JSONValue] {
    (command["subcommands"]?.arrayValue ?? []).filter {
      $0["shouldDisplay"]?.boolValue != false && $0["commandName"]?.stringValue != "help"
    }
  }

  private static func subcommand(_ name: String, of command: JSONValue) -> JSONValue? {
    subcommands(of: command).first { $0["commandName"]?.stringValue == name }
  }

  private static func arguments(of command: JSONValue, _ kind: String) -> [JSONValue] {
    (command["arguments"]?.arrayValue ?? []).filter {
      $0["kind"]?.stringValue == kind && $0["shouldDisplay"]?.boolValue != false
    }
  }

  /// The names of a flag or option, with their dashes.
  private static func names(of argument: JSONValue) -> [String] {
    (argument["names"]?.arrayValue ?? []).compactMap { name in
      guard let text = name["name"]?.stringValue else { return nil }
      return (name["kind"]?.stringValue == "long" ? "--" : "-") + text
    }
  }

  private static func options(of command: JSONValue) -> [Suggestion.Word] {
    (arguments(of: command, "option") + arguments(of: command, "flag")).compactMap { argument in
      names(of: argument).max { $0.count < $1.count }.map { .init($0, argument["abstract"]?.stringValue) }
    }
  }

  /// An option that takes a value; the global ones stand before a command as well.
  private func option(_ name: String, of command: JSONValue, _ path: [String]) -> JSONValue? {
    let own = Self.arguments(of: command, "option").first { Self.names(of: $0).contains(name) }
    if let own { return own }
    guard let any = Self.subcommands(of: root).first else { return nil }
    return Self.arguments(of: any, "option").first { Self.names(of: $0).contains(name) }
  }

  private func value(of option: JSONValue, _ path: [String]) -> Suggestion {
    if let all = option["allValues"]?.arrayValue, !all.isEmpty {
      return .words(all.compactMap { $0.stringValue.map { .init($0) } })
    }
    let names = Self.names(of: option)
    if names.contains("--namespace") { return .names(.namespaces) }
    if names.contains("--backup") { return .names(.backups) }
    if names.contains("--latest") { return .names(.policies) }
    if names.contains("--kubeconfig") || names.contains("--identity") { return .files }
    if names.contains("--output"), path.last == "download" { return .folders }
    return .nothing
  }

  private func positional(_ index: Int, of command: JSONValue, _ path: [String]) -> Suggestion {
    let all = Self.arguments(of: command, "positional")
    guard index < all.count else { return .nothing }
    if let values = all[index]["allValues"]?.arrayValue, !values.isEmpty {
      return .words(values.compactMap { $0.stringValue.map { .init($0) } })
    }
    switch all[index]["valueName"]?.stringValue {
    case "policy": return .names(.policies)
    case "backup": return .names(.backups)
    case "name": return .names(path.first == "restore" ? .restores : .backupsAndRestores)
    default: return .nothing
    }
  }
}
