internal import CProgramPages
internal import NIOCore

#if canImport(Glibc)
  internal import CMalloc
#endif

/// Settings of the process that must be made before anything else runs.
public enum ProcessSetup {
  /// Keeps the executor's memory small and near what it really uses, whatever the machine.
  public static func limitMemory() {
    // Each event loop and each thread has buffers of its own; the work here is a few streams.
    NIOSingletons.groupLoopCountSuggestion = 2
    NIOSingletons.blockingPoolThreadCountSuggestion = 2
    #if canImport(Glibc)
      // One arena for each core (times eight) would keep what threads freed; large buffers go back to the system.
      mallopt(M_ARENA_MAX, 2)
      mallopt(M_MMAP_THRESHOLD, 1 << 20)
      mallopt(M_TRIM_THRESHOLD, 1 << 20)
    #endif
  }

  /// Lets go of the program's own pages that the start has read and nothing needs any more; see ``ProgramPages``.
  public static func releaseStartPages() { holdfast_release_program_pages() }
}
