/// What is wrong within one page. It counts only if the page turns out to be in use.
enum PageFault: UInt8, Error, Sendable {
  case none
  /// The file ended before the page did.
  case unfinished
  /// More pages overlapped than are followed at once.
  case tooManyAtOnce
  case overflow, emptyBranch, tooManyElements
  case elementPosition, elementFlags
  case emptyKey, longKey, keyOrder
  case childOutOfBounds
  case bucketValue, bucketRoot, inlinePage, inlineNested, inlineKeyOrder

  func problem(page: UInt64, kind: PageTable.Kind, element: Int) -> BoltProblem {
    let (code, text) = parts(element)
    return BoltProblem(code, page: page, "page \(page) (\(kind)): \(text)")
  }

  private func parts(_ element: Int) -> (BoltProblem.Code, String) {
    switch self {
    case .none, .unfinished: (.elementInvalid, "its elements reach past the end of the file")
    case .tooManyAtOnce: (.limitReached, "it could not be checked in a stream; check the file")
    case .overflow: (.pageOutOfBounds, "its overflow pages reach past the end of the database")
    case .emptyBranch: (.pageEmpty, "it has no elements")
    case .tooManyElements: (.elementInvalid, "it has more elements than fit into it")
    case .elementPosition:
      (.elementInvalid, "element \(element) does not lie where it must, or reaches out of its page")
    case .elementFlags: (.elementInvalid, "element \(element) has unknown flags")
    case .emptyKey: (.keyInvalid, "the key of element \(element) is empty")
    case .longKey: (.keyInvalid, "the key of element \(element) is longer than \(BoltFormat.maximumKeySize) bytes")
    case .keyOrder: (.keyOrder, "the key of element \(element) is not greater than the one before it")
    case .childOutOfBounds: (.pageOutOfBounds, "element \(element) refers to a page outside the database")
    case .bucketValue: (.bucketInvalid, "the bucket of element \(element) has a header of the wrong size")
    case .bucketRoot: (.pageOutOfBounds, "the bucket of element \(element) has its root outside the database")
    case .inlinePage: (.bucketInvalid, "the inline bucket of element \(element) is damaged")
    case .inlineNested: (.bucketInvalid, "the inline bucket of element \(element) holds another bucket")
    case .inlineKeyOrder: (.keyOrder, "the inline bucket of element \(element) has its keys out of order")
    }
  }
}
