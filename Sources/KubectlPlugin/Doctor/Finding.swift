import KubernetesModel

/// One thing that the doctor looked at.
struct Finding: Codable, Sendable, Hashable {
  enum Verdict: String, Codable, Sendable, Hashable, CaseIterable {
    case ok, warning, problem
    /// Not looked at: the user may not.
    case unknown
  }

  /// `api`, `definitions`, `rights`, `operator`, `policies`, `leftovers`.
  var area: String
  var verdict: Verdict
  var message: String
  /// What to do.
  var remedy: String?

  init(_ area: String, _ verdict: Verdict, _ message: String, remedy: String? = nil) {
    self.area = area
    self.verdict = verdict
    self.message = message
    self.remedy = remedy
  }

  var lines: [StoryStep.Line] {
    let (mark, style): (String, TextStyle) =
      switch verdict {
      case .ok: ("ok", .good)
      case .warning: ("warning", .caution)
      case .problem: ("PROBLEM", .bad)
      case .unknown: ("not seen", .faint)
      }
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    let line = StoryStep.Line("\(padded(mark, 8))  \(padded(area, 11))  \(message)", style)
    return [line] + (remedy.map { [.init("                       \($0)")] } ?? [])
  }
}

extension [Finding] {
  /// One line for all of them.
  var summary: StoryStep.Line {
    func number(_ verdict: Finding.Verdict) -> Int { count { $0.verdict == verdict } }
    let parts = [
      (number(.problem), "problem"), (number(.warning), "warning"), (number(.unknown), "thing"),
    ].filter { $0.0 > 0 }.map { count, what in
      HumanText.count(count, what) + (what == "thing" ? " not seen" : "")
    }
    guard !parts.isEmpty else { return .init("all is well", .good) }
    return .init(parts.joined(separator: ", "), number(.problem) > 0 ? .bad : .caution)
  }

  var exit: CommandExit { contains { $0.verdict == .problem } ? .failed : .done }
}
