import ArgumentParser

/// The one binary: the operator, the executor that its Jobs run, and the same executor for people without a cluster.
@main
struct Holdfast: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holdfast",
    abstract: "Keeps restorable backups of a control plane and of the PKI it lives on.",
    discussion: """
      The executor's subcommands (backup, restore, prune, list, verify) read a plan: the JSON that the operator puts \
      into the ConfigMap of a policy, or one written by hand. They need no cluster.

      Exit codes: 0 done, 1 failed, 2 wrong usage or an invalid plan, 143 stopped by SIGTERM or SIGINT after cleaning \
      up.
      """,
    version: HoldfastVersion.current,
    subcommands: [
      OperatorCommand.self, BackupCommand.self, RestoreCommand.self, PruneCommand.self, ListCommand.self,
      VerifyCommand.self, DeleteCommand.self, VersionCommand.self,
    ])
}
