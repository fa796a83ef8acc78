#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CFileCalls
import SnapshotSource
import Tar

/// Something on the way to a member that nothing is written behind: a symbolic link, or no folder.
struct InTheWay: Error {
  var path: [UInt8]
  var what: String
  var message: String { "\(PathSet.display(path)) is \(what), and the backup has a folder there" }
}

/// The open folders on the way from the place to a member. Each component is looked up in the open folder above it and no
/// link is followed, so that nothing outside of the place can be reached, whoever changes names meanwhile.
///
/// Its size is the depth of the tree. Calls may block.
struct FolderStack {
  struct Folder {
    var name: [UInt8]
    var descriptor: Descriptor
    /// Whether more than looking up names is possible with it.
    var isReadable: Bool
    /// To be set when the last member below it is done.
    var pending: TarEntry?
    /// To be given back then.
    var saved: FileStatus?
    /// This restore made it, and was done with it.
    var isOurs = false
    /// Something in it is new, so that its time is.
    var isChanged = false
  }

  let root: Descriptor
  private(set) var folders: [Folder] = []

  init(root: Descriptor) { self.root = root }

  var current: Descriptor { folders.last?.descriptor ?? root }

  /// The path of the folder at `depth`.
  func path(_ depth: Int) -> [UInt8] {
    Array(folders[..<depth].map(\.name).joined(separator: [UInt8(ascii: "/")]))
  }

  /// Closes folders until those on the way to `path` are left.
  /// - Parameter close: Called with each, the innermost first.
  mutating func retreat(to path: some Collection<[UInt8]>, _ close: (Folder) throws -> Void) rethrows {
    var common = 0
    for (folder, name) in zip(folders, path) where folder.name == name { common += 1 }
    // Equal names behind a different one are other folders.
    common = min(common, zip(folders, path).prefix { $0.name == $1 }.count)
    while folders.count > common {
      let folder = folders.removeLast()
      try close(folder)
    }
  }

  mutating func push(_ folder: Folder) { folders.append(folder) }

  mutating func setPending(_ entry: TarEntry?) {
    guard !folders.isEmpty else { return }
    folders[folders.count - 1].pending = entry
    folders[folders.count - 1].saved = nil
  }

  mutating func setChanged() {
    if !folders.isEmpty { folders[folders.count - 1].isChanged = true }
  }

  /// Opens a folder in the current one.
  /// - Returns: nil where there is none of this name.
  /// - Throws: ``InTheWay``, ``CallFailure``.
  func open(_ name: [UInt8]) throws -> Folder? {
    let path = path(folders.count) + (folders.isEmpty ? [] : [UInt8(ascii: "/")]) + name
    do {
      return Folder(
        name: name, descriptor: try Descriptor.open(name, in: current, flags: O_DIRECTORY), isReadable: true)
    } catch {
      switch error.number {
      case ENOENT: return nil
      case EACCES:
        let descriptor = try Descriptor.open(name, in: current, flags: O_DIRECTORY | holdfast_open_path_flag())
        return Folder(name: name, descriptor: descriptor, isReadable: false)
      case ENOTDIR, ELOOP: throw InTheWay(path: path, what: try what(name))
      default: throw error
      }
    }
  }

  private func what(_ name: [UInt8]) throws -> String {
    guard let status = try Descriptor.status(of: name, in: current), status.kind == .symbolicLink else {
      return "no folder"
    }
    let target = (try? Descriptor.target(of: name, in: current)).map { TarName($0).description } ?? "elsewhere"
    return "a symbolic link to \(target), and links are not followed"
  }
}

extension Descriptor {
  /// nil where there is nothing of this name.
  static func existing(_ name: [UInt8], in folder: Descriptor) throws(CallFailure) -> FileStatus? {
    do {
      return try status(of: name, in: folder)
    } catch {
      guard error.number == ENOENT else { throw error }
      return nil
    }
  }
}
