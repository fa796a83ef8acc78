import Foundation

/// Where a command writes, and what may be written there.
///
/// Results go to standard output, everything about the way there to standard error, so that a pipe holds results alone.
struct Console: Sendable {
  enum Stream: Sendable { case output, errors }

  var write: @Sendable (String, Stream) -> Void
  /// Answers of a person; nil at the end of the input.
  var readLine: @Sendable () -> String?
  var outputIsTerminal: Bool
  var errorsAreTerminal: Bool
  var inputIsTerminal: Bool
  var usesColour: Bool
  /// Columns of the terminal.
  var width: @Sendable () -> Int

  /// The process's own streams.
  static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> Console {
    Console(
      write: { text, stream in
        let handle = stream == .output ? FileHandle.standardOutput : FileHandle.standardError
        // A reader that went away (`| head`) is no failure of ours.
        try? handle.write(contentsOf: Data(text.utf8))
      },
      readLine: { Swift.readLine() }, outputIsTerminal: isatty(STDOUT_FILENO) == 1,
      errorsAreTerminal: isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb",
      inputIsTerminal: isatty(STDIN_FILENO) == 1, usesColour: allowsColour(environment),
      width: { columns(environment) })
  }

  /// https://no-color.org: any value that is not empty.
  static func allowsColour(_ environment: [String: String]) -> Bool {
    (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  private static func columns(_ environment: [String: String]) -> Int {
    var size = winsize()
    if ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return environment["COLUMNS"].flatMap(Int.init) ?? 80
  }

  /// A line of the result.
  func say(_ line: String) { write(line + "\n", .output) }

  /// A line about the way there.
  func note(_ line: String, _ style: TextStyle = .plain) {
    write(paint(PrintableText.of(line), style, on: .errors) + "\n", .errors)
  }

  func warn(_ line: String) { note("warning: \(line)", .caution) }

  /// - Parameter stream: Colours are for a terminal alone, and either stream may be one.
  func paint(_ text: String, _ style: TextStyle, on stream: Stream = .output) -> String {
    let isTerminal = stream == .output ? outputIsTerminal : errorsAreTerminal
    return usesColour && isTerminal ? style.apply(to: text) : text
  }
}

/// Colours by meaning.
enum TextStyle: Sendable, Hashable {
  case plain, good, caution, bad, faint, strong

  private var code: String? {
    switch self {
    case .plain: nil
    case .good: "32"
    case .caution: "33"
    case .bad: "31"
    case .faint: "2"
    case .strong: "1"
    }
  }

  func apply(to text: String) -> String {
    guard let code, !text.isEmpty else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}

/// Text that others wrote: messages of servers, names in archives. No control character of it reaches a terminal.
enum PrintableText {
  static func of(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { isControl($0) }) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
  }

  /// The same, with line ends and tabs left as they are.
  static func lines(of text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { isControl($0) && $0 != "\n" && $0 != "\t" ? " " : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
  }
}
