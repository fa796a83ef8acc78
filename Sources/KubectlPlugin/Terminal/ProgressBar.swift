import Synchronization

/// What a bar shows.
struct Progress: Sendable, Hashable {
  /// From 0 to 1; nil where nobody can tell.
  var fraction: Double?
  /// In the order of importance: what does not fit is left out from the end.
  var parts: [String]
  var elapsed: Duration
}

/// One line on a terminal that is drawn again and again.
enum ProgressBar {
  private static let cells = 20

  /// The line, not wider than the terminal.
  static func line(_ progress: Progress, width: Int) -> String {
    let parts = progress.parts.filter { !$0.isEmpty }.map(PrintableText.of)
    let head = "[\(bar(progress))] \(HumanText.clock(progress.elapsed))"
    // The last column stays free: some terminals go to the next line when it is written.
    let limit = max(20, width) - 1
    var line = String(head.prefix(limit))
    for part in parts {
      let room = limit - line.count - 2
      guard room > 3 else { break }
      line += "  " + (part.count <= room ? part : part.prefix(room - 3) + "...")
    }
    return line
  }

  private static func bar(_ progress: Progress) -> String {
    guard let fraction = progress.fraction else {
      // Something that moves, and promises nothing.
      let place = Int(progress.elapsed.components.seconds) % (cells - 2)
      return String(repeating: " ", count: place) + "<=>" + String(repeating: " ", count: cells - 3 - place)
    }
    let full = Int((min(1, max(0, fraction)) * Double(cells)).rounded(.down))
    return String(repeating: "=", count: full) + String(repeating: "-", count: cells - full)
  }
}

/// Lines and a bar below them, on one terminal; only lines where there is none.
final class ProgressDisplay: Sendable {
  private let console: Console
  private let isDrawn = Mutex(false)

  init(_ console: Console) { self.console = console }

  var hasBar: Bool { console.errorsAreTerminal }

  func draw(_ progress: Progress) {
    guard hasBar else { return }
    isDrawn.withLock { $0 = true }
    console.write("\r\u{1B}[2K" + ProgressBar.line(progress, width: console.width()), .errors)
  }

  /// A line above the bar.
  func note(_ line: String, _ style: TextStyle) {
    clear()
    console.note(line, style)
  }

  func clear() {
    let wasDrawn = isDrawn.withLock { drawn in
      defer { drawn = false }
      return drawn
    }
    if wasDrawn { console.write("\r\u{1B}[2K", .errors) }
  }
}
