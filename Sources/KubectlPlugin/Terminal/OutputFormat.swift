import ArgumentParser
import Foundation
import KubernetesModel
import ResourceSet

/// `-o` of commands that list.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table, wide, json, yaml
}

/// `-o` of commands that show one thing.
enum ObjectFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, yaml
}

extension Console {
  /// JSON or YAML for programs: nothing in it depends on a terminal.
  func say(_ value: JSONValue, isYAML: Bool) throws {
    let text = isYAML ? value.yaml : String(decoding: try value.serialized(prettyPrinted: true), as: UTF8.self) + "\n"
    write(text, .output)
  }

  func say(_ table: Table) {
    for line in table.lines(paint: { paint($0, $1) }) { say(line) }
  }
}
