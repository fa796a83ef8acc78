/// Says why no identity opened a file, from the kinds of its stanzas.
enum NoMatch {
  static func explain(_ stanzas: [Stanza]) -> String {
    let kinds = Set(stanzas.map { kind(of: $0.type) })
    var message = "no identity matched any of the file's \(stanzas.count) recipient stanzas"
    if kinds.contains(.passphrase) {
      message += "; it is encrypted with a passphrase, and none or another one was given"
    }
    if kinds.contains(.x25519) {
      message += "; give the AGE-SECRET-KEY-1... of one of the recipients that it was written for"
    }
    if kinds.contains(.hybrid) {
      message += """
        ; it has hybrid post-quantum recipients (mlkem768x25519), which are not supported here: decrypt it with the \
        age tool, version 1.3 or later
        """
    }
    if kinds.contains(.ssh) {
      message += "; it has SSH recipients, which are not supported here: decrypt it with the age tool"
    }
    if kinds == [.other] {
      message += "; all of them are of unknown kinds, perhaps of age plugins: decrypt it with the age tool"
    }
    return message
  }

  private enum Kind {
    case x25519, passphrase, hybrid, ssh, other
  }

  /// Unknown types are not repeated in the message: they are the file's author's text.
  private static func kind(of type: String) -> Kind {
    switch type {
    case X25519Stanza.type: .x25519
    case ScryptStanza.type: .passphrase
    case "mlkem768x25519": .hybrid
    case "ssh-ed25519", "ssh-rsa": .ssh
    default: .other
    }
  }
}
