/// Columns for people, and for `awk`: three spaces between them, none at a line's end.
struct Table: Sendable {
  /// A cell's colour goes around its text, after its width is known.
  struct Cell: Sendable, ExpressibleByStringInterpolation {
    var text: String
    var style: TextStyle

    init(_ text: String, _ style: TextStyle = .plain) {
      self.text = PrintableText.of(text)
      self.style = style
    }

    init(stringLiteral value: String) { self.init(value) }
  }

  var header: [String]
  var rows: [[Cell]] = []

  /// - Parameter paint: Puts a colour around a text, where there are colours.
  func lines(paint: (String, TextStyle) -> String = { text, _ in text }) -> [String] {
    let all = [header.map { Cell($0) }] + rows
    let widths = header.indices.map { column in all.map { $0[column].text.count }.max() ?? 0 }
    return all.map { row in
      var line = ""
      var pending = 0
      for (index, cell) in row.enumerated() {
        if index > 0 { pending += 3 }
        if !cell.text.isEmpty {
          line += String(repeating: " ", count: pending) + paint(cell.text, cell.style)
          pending = 0
        }
        pending += widths[index] - cell.text.count
      }
      return line
    }
  }
}
