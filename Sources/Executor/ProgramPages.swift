internal import CProgramPages

/// Keeps what a long transfer does not use of the program's own files from staying in memory beside its buffers.
///
/// A start reads 30 MiB of them, in steps of 64 KiB around each byte that is touched; a transfer uses a fifth. Nothing is
/// lost: what is needed again comes from the page cache, some hundred faults each time.
struct ProgramPages {
  private static let interval = 64 << 20
  private var untilRelease: Int

  /// Lets go of what the start has read.
  /// - Parameter early: After so many bytes all that a transfer does has been done once, and it is time for the second go.
  init(early: Int) {
    untilRelease = min(early, Self.interval)
    holdfast_release_program_pages()
  }

  mutating func didTransfer(_ byteCount: Int) {
    untilRelease -= byteCount
    guard untilRelease <= 0 else { return }
    untilRelease = Self.interval
    holdfast_release_program_pages()
  }
}
