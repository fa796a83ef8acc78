import Foundation
package import KubernetesModel

extension KubernetesError {
  /// The error that an answer stands for; nil for 2xx.
  init?(_ response: Response, operation: String) {
    guard !(200..<300).contains(response.status) else { return nil }
    let decoded = try? JSONDecoder.kubernetes.decode(APIStatus.self, from: response.body)
    // Anything with optional fields decodes as a Status; only one with these fields is one.
    let status = decoded?.reason != nil || decoded?.message != nil ? decoded : nil
    let seconds = response.headers["retry-after"].flatMap(Int.init) ?? status?.details?.retryAfterSeconds
    self.init(
      code: Code(httpStatus: response.status, reason: status?.reason), operation: operation,
      message: status?.message ?? Self.describe(response), status: status,
      retryAfter: seconds.flatMap { $0 >= 0 ? .seconds($0) : nil })
  }

  /// An error that a `Status` object in a watch stands for.
  package init(status: APIStatus, operation: String) {
    self.init(
      code: Code(httpStatus: status.code ?? 500, reason: status.reason), operation: operation,
      message: status.message ?? status.reason ?? "the server sent an error without a message", status: status,
      retryAfter: status.details?.retryAfterSeconds.map { .seconds($0) })
  }

  // A proxy in between answers with text or HTML of its own; its first line helps more than nothing.
  private static func describe(_ response: Response) -> String {
    let text = String(decoding: response.body.prefix(300), as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return "HTTP status \(response.status)" + (line.isEmpty ? "" : ": \(line)")
  }
}

extension KubernetesError.Code {
  package init(httpStatus: Int, reason: String?) {
    self =
      switch (httpStatus, reason) {
      case (_, "AlreadyExists"): .alreadyExists
      case (_, "Expired"), (410, _): .gone
      case (401, _): .unauthorized
      case (403, _): .forbidden
      case (404, _): .notFound
      case (409, _): .conflict
      case (422, _): .invalid
      case (429, _): .tooManyRequests
      case (408, _), (504, _): .timeout
      case (400..<500, _): .badRequest
      default: .serverError
      }
  }
}

extension KubernetesError {
  /// Says which field could not be read.
  package static func decoding(_ error: any Error, operation: String) -> KubernetesError {
    KubernetesError(
      code: .decoding, operation: operation, message: (error as? DecodingError).map(describe) ?? "\(error)",
      cause: error)
  }

  private static func describe(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, let context):
      "\(path(context.codingPath + [key])) is missing"
    case .valueNotFound(_, let context):
      "\(path(context.codingPath)) is null, but a value is needed"
    case .typeMismatch(let type, let context):
      "\(path(context.codingPath)) is not of the type \(name(of: type))"
    case .dataCorrupted(let context):
      context.codingPath.isEmpty ? context.debugDescription : "\(path(context.codingPath)): \(context.debugDescription)"
    @unknown default: "\(error)"
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "string"
    case is Bool.Type: "boolean"
    case is any BinaryInteger.Type: "integer"
    case is any BinaryFloatingPoint.Type: "number"
    default: "\(type)".hasPrefix("Array") ? "array" : "object"
    }
  }
}
