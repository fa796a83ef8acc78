internal import SnapshotSource

/// Whether the authority that signed what is in one source's capture is in the PKI that was captured beside it: the reason
/// why both are one backup. Pure.
struct SignerCheck {
  /// Of sources that take authorities with their keys.
  static let authorityKinds: Set<String> = ["certManager"]

  struct Capture {
    var name: String
    var kind: String
    var facts: SnapshotFacts
  }

  /// By source, where there is something to tell.
  private(set) var verdicts: [String: Bool] = [:]
  private(set) var warnings: [String] = []

  init(_ captures: [Capture]) {
    let keepers = captures.filter { Self.authorityKinds.contains($0.kind) }
    guard !keepers.isEmpty else { return }
    let authorities = keepers.reduce(into: Set<String>()) { $0.formUnion($1.facts.authorities) }
    for capture in captures where !capture.facts.signers.isEmpty {
      // A network may have had several signers in its life.
      let isThere = !capture.facts.signers.isDisjoint(with: authorities)
      verdicts[capture.name] = isThere
      if !isThere { warnings.append(Self.warning(capture, keepers, authorities)) }
    }
  }

  private static func warning(_ capture: Capture, _ keepers: [Capture], _ authorities: Set<String>) -> String {
    let names = keepers.map(\.name).joined(separator: ", ")
    let there = authorities.isEmpty ? "which has none" : "which has \(list(authorities))"
    return
      "\(capture.name): its certificates were signed by an authority (key id \(list(capture.facts.signers))) that is not in "
      + "\(names), \(there): routers and identities would not trust what is restored from this backup alone; name the "
      + "authority's Secret in extraSecrets of \(keepers[0].name)"
  }

  private static func list(_ ids: Set<String>) -> String {
    let shown = ids.sorted().prefix(3).joined(separator: ", ")
    return ids.count > 3 ? "\(shown) and \(ids.count - 3) more" : shown
  }
}
