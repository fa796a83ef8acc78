internal import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
internal import ObjectStore

/// A request that got no answer.
struct ConnectionFailure {
  var error: any Error
  var operation: String
  /// The server's name, for messages.
  var host: String
  var settings: StoreHTTPSettings

  var storeError: ObjectStoreError {
    switch error {
    case let error as HTTPClientError: return httpClientError(error)
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: return tlsError
    case is NIOConnectionError:
      return make(.unreachable, retry: true, "no connection to \(host); check endpoint and network policy")
    case is HTTPParserError:
      return make(
        .unreachable, retry: true, "\(host) does not speak HTTP; is the endpoint's scheme right?")
    case is NIOTooManyBytesError:
      return make(.integrity, "the answer is far too large")
    default:
      return make(.unreachable, retry: true, "the connection to \(host) broke")
    }
  }

  private func httpClientError(_ error: HTTPClientError) -> ObjectStoreError {
    switch error {
    case .connectTimeout:
      return make(
        .unreachable, retry: true,
        "no connection to \(host) within \(settings.connectTimeout); check endpoint and network policy")
    case .readTimeout, .writeTimeout:
      return make(.timeout, retry: true, "\(host) was silent for \(settings.idleTimeout)")
    case .deadlineExceeded, .getConnectionFromPoolTimeout:
      return make(.timeout, retry: true, "no answer from \(host) within \(settings.requestTimeout)")
    case .tlsHandshakeTimeout:
      return make(.unreachable, retry: true, "no TLS handshake with \(host); is the endpoint's scheme right?")
    case .remoteConnectionClosed:
      return make(.unreachable, retry: true, "\(host) closed the connection")
    case .invalidURL, .emptyHost:
      return make(.configuration, "the endpoint is no URL")
    default:
      return make(.unreachable, retry: true, "the connection to \(host) broke")
    }
  }

  private var tlsError: ObjectStoreError {
    let text = "\(error)".uppercased()
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("HOSTNAME") {
      return make(
        .certificateUntrusted,
        "the certificate of \(host) is not trusted, or is for another name; give its CA in caBundle")
    }
    return make(.unreachable, retry: true, "TLS with \(host) failed; is the endpoint's scheme right?")
  }

  private func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    ObjectStoreError(
      code, isRetryable: retry, operation: operation, message: "\(message) (\(error))", cause: error)
  }
}
