import Age
import HoldfastAPI
import KubernetesClient
import ObjectStore
import ResourceRestore
import ResourceSet
import SnapshotSource
import StreamPipeline

/// Turns every error that a run can meet into a ``RunFailure``, here and nowhere else.
enum ErrorMapping {
  /// - Parameters:
  ///   - step: What was being done. An error that tells better where it comes from overrules it: a store's error during
  ///     a capture belongs to the upload.
  static func failure(_ error: any Error, step: RunStep, source: String? = nil) -> RunFailure {
    switch error {
    case var error as RunFailure:
      error.source = error.source ?? source
      return error
    case is CancellationError:
      return interrupted(RunFailure(step: step, reason: .interrupted, message: "", source: source, cause: error))
    case let error as ResourceRestoreError: return failure(error, step: step, source: source)
    case let error as ResourceSetError:
      return RunFailure(
        step: step, reason: error.code == .unsupportedFormat ? .unsupportedFormat : .sourceCorrupt,
        message: error.description, source: source, cause: error)
    case let error as KubernetesError:
      return RunFailure(
        step: step, reason: error.code == .forbidden ? .restoreForbidden : .restoreFailed, message: error.description,
        source: source, cause: error)
    case let error as SnapshotSourceError:
      return RunFailure(
        step: step == .upload ? .source : step, reason: reason(error, step), message: error.description,
        source: source, isOutcomeUnknown: error.code == .outcomeUnknown, cause: error)
    case let error as ObjectStoreError:
      let step = step == .source ? .upload : step
      return RunFailure(
        step: step, reason: reason(error, step), message: error.description + remedy(error.code), source: source,
        cause: error)
    case let error as AgeError:
      let isRecipient = error.code == .recipientInvalid || error.code == .unsupportedRecipient
      return RunFailure(
        step: isRecipient ? .prepare : .decrypt, reason: isRecipient ? .invalidSpec : .decryptionFailed,
        message: error.message, source: source, cause: error)
    case let error as StreamPipelineError:
      return RunFailure(
        step: step, reason: reason(error.code), message: error.message, source: source, cause: error)
    default:
      return RunFailure(
        step: step, reason: .internalError, message: "unexpected error: \(error)", source: source, cause: error)
    }
  }

  /// What a run that was cancelled says: whatever it met after that is only the echo.
  static func interrupted(_ failure: RunFailure) -> RunFailure {
    guard failure.reason != .interrupted || failure.message.isEmpty else { return failure }
    return RunFailure(
      step: failure.step, reason: .interrupted,
      message: "the run was told to stop (SIGTERM) before it was done"
        + (failure.isPartlyDone ? "; \(failure.message)" : ""),
      source: failure.source, cause: failure)
  }

  private static func reason(_ error: SnapshotSourceError, _ step: RunStep) -> Reason {
    switch error.code {
    case .unreachable: .sourceUnreachable
    case .certificateUntrusted: .certificateUntrusted
    case .unauthorized: .sourceUnauthorized
    case .truncated: .sourceTruncated
    case .corrupt: .sourceCorrupt
    case .configuration: .invalidSpec
    case .outcomeUnknown: .outcomeUnknown
    case .incompatible: .unsupportedFormat
    case .inUse, .conflict: .restoreConflict
    case .noSpace: .insufficientSpace
    case .forbidden: .restoreForbidden
    case .partlyDone: .restoreFailed
    default: step == .restore || step == .verify ? .restoreFailed : .sourceFailed
    }
  }

  private static func reason(_ error: ObjectStoreError, _ step: RunStep) -> Reason {
    switch error.code {
    case .bucketNotFound: .bucketNotFound
    case .accessDenied: .accessDenied
    case .credentialsNotFound: .secretNotFound
    case .signatureMismatch: .signatureMismatch
    case .clockSkew: .clockSkew
    case .regionMismatch: .regionMismatch
    case .unreachable, .timeout: .endpointUnreachable
    case .certificateUntrusted: .certificateUntrusted
    case .unsupported: .conditionalWriteUnsupported
    case .configuration: .invalidSpec
    case .notFound: .objectNotFound
    default: step == .upload || step == .manifest ? .uploadFailed : .storeFailed
    }
  }

  private static func reason(_ code: StreamPipelineError.Code) -> Reason {
    switch code {
    case .compressedDataCorrupt, .truncated, .storedSizeMismatch, .storedDigestMismatch, .plainSizeMismatch,
      .plainDigestMismatch:
      .digestMismatch
    case .unsupportedEncoding, .windowTooLarge: .unsupportedFormat
    default: .internalError
    }
  }

  /// What to do, where the store's own message cannot know which field it is.
  private static func remedy(_ code: ObjectStoreError.Code) -> String {
    switch code {
    case .bucketNotFound: "; check target.bucket, or make it: Holdfast makes none"
    case .accessDenied:
      "; a backup needs the right to write below pathPrefix, retention and restores also those to list, read and delete"
    case .signatureMismatch: "; check secretAccessKey in the Secret of target.credentialsSecretRef"
    case .regionMismatch: "; check target.region"
    case .unreachable, .timeout: "; check target.endpoint and network policies"
    case .certificateUntrusted: "; set target.caBundle, or caCert in the Secret of target.credentialsSecretRef"
    default: ""
    }
  }
}

extension RunFailure {
  /// The destination was changed, and the message says how far.
  var isPartlyDone: Bool { (cause as? SnapshotSourceError)?.code == .partlyDone }
}
