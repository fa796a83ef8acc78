import Foundation

/// A command in the surroundings of a container: its environment, folder and paths.
struct ExecCommand: Sendable {
  /// A path on this machine.
  var executable: String
  var arguments: [String]
  var environment: [String: String]
  var workingDirectory: String?

  /// - Throws: ``ExecFailure`` in the words of containerd and runc.
  init(_ command: [String], in container: ContainerCommand) throws(ExecFailure) {
    let name = command.first ?? ""
    environment = container.environment
    workingDirectory = container.workingDirectory
    if let tar = TarArguments.position(in: command) {
      let rest = TarArguments(rewriting: container.rewriting).rewrite(Array(command[(tar + 1)...]))
      arguments = (tar > 0 ? Array(command[1...tar]) : []) + rest
    } else {
      arguments = command.dropFirst().map { container.rewriting.rewrite($0) }
    }
    executable = try Self.find(name, in: container)
  }

  private static func find(_ name: String, in container: ContainerCommand) throws(ExecFailure) -> String {
    let files = FileManager.default
    if name.contains("/") {
      let path = container.rewriting.rewrite(name)
      var isFolder: ObjCBool = false
      guard files.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw .notStarted("exec: \"\(name)\": stat \(name): no such file or directory")
      }
      guard !isFolder.boolValue, files.isExecutableFile(atPath: path) else {
        throw .notStarted("exec: \"\(name)\": permission denied")
      }
      return path
    }
    for folder in (container.environment["PATH"] ?? "").split(separator: ":") {
      let path = "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      if files.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
        files.isExecutableFile(atPath: path)
      {
        return path
      }
    }
    throw .notStarted("exec: \"\(name)\": executable file not found in $PATH")
  }
}

/// Why a command gave no exit code: an `InternalError` on the error channel.
struct ExecFailure: Error {
  let message: String

  /// runc through containerd, as the kubelet passes it on.
  static func notStarted(_ reason: String) -> ExecFailure {
    ExecFailure(
      message: "error executing command in container: failed to exec in container: failed to start exec "
        + "\"\(UUID().uuidString.lowercased())\": OCI runtime exec failed: exec failed: unable to start container process: "
        + "\(reason): unknown")
  }

  /// What the kubelet answers where the container does not run, as the API server passes it on.
  static func containerNotFound(_ name: String) -> ExecFailure {
    ExecFailure(message: "unable to upgrade connection: container not found (\"\(name)\")")
  }
}
