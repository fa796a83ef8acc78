extension Source {
  static let kindList = SourceKind.allCases.map(\.rawValue).joined(separator: ", ")

  /// - Parameters:
  ///   - hasInheritedLogin: The policy has a login that this source may take over.
  ///   - isPlan: The source is of a plan outside a cluster: it may name folders and commands of this machine.
  func issues(_ field: String, hasInheritedLogin: Bool, isPlan: Bool) -> [ValidationIssue] {
    var issues: [ValidationIssue] = []
    issues.add("\(field).name", Self.nameProblem(name))
    switch kinds.count {
    case 1: break
    case 0:
      issues.add(field, "has no kind; set exactly one of the kinds that this version knows: \(Self.kindList)")
    default:
      issues.add(
        field,
        "has \(kinds.count) kinds (\(kinds.map(\.rawValue).joined(separator: ", "))); keep one and make each other a "
          + "source of its own")
    }
    for (kind, server) in [("openBao", openBao), ("vault", vault)] {
      guard let server else { continue }
      issues += server.issues("\(field).\(kind)")
      if server.loginFields.isEmpty, !hasInheritedLogin {
        issues.add("\(field).\(kind)", "has no login; set one of \(OpenBao.loginFieldList)")
      }
    }
    issues += openZiti?.issues("\(field).openZiti", isPlan: isPlan) ?? []
    issues += etcd?.issues("\(field).etcd") ?? []
    issues += certManager?.issues("\(field).certManager") ?? []
    issues += resources?.issues("\(field).resources") ?? []
    issues += files?.issues("\(field).files", isPlan: isPlan) ?? []
    return issues
  }

  static func nameProblem(_ name: String) -> String? {
    if name == "manifest" { return "'manifest' is reserved for the manifest's own key; choose another name" }
    return Syntax.dnsLabel(name)
  }

  /// Names that more than one source has, one issue for each.
  static func duplicateIssues(of names: [String], in field: String) -> [ValidationIssue] {
    var seen: Set<String> = []
    return names.enumerated().compactMap { index, name in
      seen.insert(name).inserted
        ? nil
        : ValidationIssue(
          field: "\(field)[\(index)].name",
          message: "\(Syntax.quoted(name)) is taken by another source; names must be unique, since they become keys")
    }
  }
}
