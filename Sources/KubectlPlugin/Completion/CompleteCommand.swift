import ArgumentParser
import Foundation
import HoldfastAPI
import KubernetesClient
import KubernetesModel

/// What kubectl asks `kubectl_complete-holdfast`: words, one a line, and a last line with what the shell should do
/// (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/, spf13/cobra's ShellCompDirective).
struct CompleteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "__complete", abstract: "Words that may follow.", shouldDisplay: false, helpNames: [])

  enum Directive: Int {
    case files = 0
    case noFiles = 4
    case folders = 16
  }

  @Argument(parsing: .captureForPassthrough)
  var words: [String] = []

  func run() async throws {
    let current = words.last ?? ""
    var lines: [String] = []
    var directive = Directive.noFiles
    switch try CompletionTree.own().suggestion(for: words) {
    case .words(let found):
      lines = found.filter { $0.text.hasPrefix(current) }.map { word in
        word.about.map { "\(word.text)\t\($0)" } ?? word.text
      }
    case .names(let kind):
      // `--backup=na`: the shell replaces the whole word.
      let option = current.hasPrefix("--") ? current.prefix { $0 != "=" } + (current.contains("=") ? "=" : "") : ""
      lines = await Self.names(kind, words: words).map { option + $0 }.filter { $0.hasPrefix(current) }
    case .files: directive = .files
    case .folders: directive = .folders
    case .nothing: break
    }
    Console.standard().write((lines + [":\(directive.rawValue)"]).map { $0 + "\n" }.joined(), .output)
  }

  /// Empty where the cluster does not answer soon: nobody waits for a completion.
  private static func names(_ kind: CompletionTree.Names, words: [String]) async -> [String] {
    guard let options = try? ClusterOptions.parse(globalFlags(in: words)),
      let loaded = try? options.configuration()
    else { return [] }
    return await soon(within: .seconds(3)) {
      var configuration = loaded
      if let plugin = loaded.execPlugin {
        // A shell's line is no place for what it says.
        _ = try await CredentialPlugin(plugin: plugin, isQuiet: true).prepare(&configuration)
      }
      let (chosen, namespace) = (configuration, loaded.defaultNamespace)
      return try await KubernetesClient.withClient(configuration: chosen, retry: RetryPolicy(maxAttempts: 1)) {
        client in
        try await list(kind, client, namespace)
      }
    }
  }

  /// Empty where it fails, or takes longer.
  static func soon(within limit: Duration, _ work: @escaping @Sendable () async throws -> [String]) async -> [String] {
    let found = try? await withThrowingTaskGroup(of: [String].self) { group in
      group.addTask { try await work() }
      group.addTask {
        try await ContinuousClock().sleep(for: limit)
        return []
      }
      defer { group.cancelAll() }
      return try await group.next() ?? []
    }
    return found ?? []
  }

  private static func list(
    _ kind: CompletionTree.Names, _ client: KubernetesClient, _ namespace: String
  ) async throws -> [String] {
    func names(_ resource: ResourceType) async throws -> [String] {
      try await client.list(resource, namespace: resource.isNamespaced ? namespace : nil).items.compactMap(\.name)
    }
    switch kind {
    case .policies: return try await names(BackupPolicy.resource)
    case .backups: return try await names(Backup.resource)
    case .restores: return try await names(RestoreRequest.resource)
    case .backupsAndRestores: return try await names(Backup.resource) + names(RestoreRequest.resource)
    case .namespaces: return try await names(Namespace.resource)
    }
  }

  /// Those among the words that say which cluster and namespace it is about.
  static func globalFlags(in words: [String]) -> [String] {
    let names = ["-n", "--namespace", "--context", "--kubeconfig"]
    var flags: [String] = []
    var rest = words.dropLast()[...]
    while let word = rest.popFirst() {
      if names.contains(word), let value = rest.popFirst() {
        flags += [word, value]
      } else if names.contains(where: { $0.hasPrefix("--") && word.hasPrefix("\($0)=") }) {
        flags.append(word)
      }
    }
    return flags
  }
}

struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion", abstract: "A script that completes kubectl-holdfast in a shell.",
    discussion: """
      'kubectl holdfast' itself is completed by kubectl's own completion, which asks a program called \
      kubectl_complete-holdfast: make a link of that name to this program, beside kubectl-holdfast.
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws { Console.standard().write(CompletionScript.text(for: shell), .output) }
}

/// Asks the program itself for each word, so that a script never goes stale.
enum CompletionScript {
  static func text(for shell: CompletionCommand.Shell) -> String {
    switch shell {
    case .bash: bash
    case .zsh: zsh
    case .fish: fish
    }
  }

  private static let bash = #"""
    # bash: source <(kubectl-holdfast completion bash)
    _kubectl_holdfast() {
      local cur=${COMP_WORDS[COMP_CWORD]} out directive line
      out=$(kubectl-holdfast __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
      directive=${out##*:}
      out=${out%:*}
      COMPREPLY=()
      while IFS= read -r line; do
        if [ -n "$line" ]; then COMPREPLY+=("${line%%$'\t'*}"); fi
      done <<<"$out"
      case $directive in
        0) compopt -o default 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        16) compopt -o dirnames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
      esac
    }
    complete -F _kubectl_holdfast kubectl-holdfast

    """#

  private static let zsh = #"""
    #compdef kubectl-holdfast
    # zsh: source <(kubectl-holdfast completion zsh)
    _kubectl_holdfast() {
      local out directive line
      local -a found
      out=$(kubectl-holdfast __complete "${(@)words[2,CURRENT]}" 2>/dev/null) || return
      directive=${out##*:}
      out=${out%:*}
      for line in ${(f)out}; do
        found+=("${${line%%$'\t'*}//:/\\:}${${line#*$'\t'}:+:${line#*$'\t'}}")
      done
      case $directive in
        0) _files ;;
        16) _files -/ ;;
        *) _describe 'kubectl-holdfast' found ;;
      esac
    }
    compdef _kubectl_holdfast kubectl-holdfast

    """#

  private static let fish = #"""
    # fish: kubectl-holdfast completion fish | source
    function __kubectl_holdfast
      set -l words (commandline -opc) (commandline -ct)
      set -l out (kubectl-holdfast __complete $words[2..-1] 2>/dev/null)
      switch "$out[-1]"
        case ':0'
          __fish_complete_path (commandline -ct)
        case ':16'
          __fish_complete_directories (commandline -ct)
        case '*'
          for line in $out[1..-2]
            echo $line
          end
      end
    end
    complete -c kubectl-holdfast -f -a '(__kubectl_holdfast)'

    """#
}
