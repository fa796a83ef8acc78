import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ObjectStore

/// A request that got no answer.
struct S3ConnectionFailure {
  var error: any Error
  var request: S3Request
  var configuration: S3Configuration
  var endpoint: S3Endpoint

  var storeError: ObjectStoreError {
    switch error {
    case let error as HTTPClientError: return httpClientError(error)
    case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: return tlsError
    case is NIOConnectionError:
      return make(.unreachable, retry: true, "no connection to \(endpoint.host); check endpoint and network policy")
    case is HTTPParserError:
      return make(
        .unreachable, retry: true, "\(endpoint.host) does not speak HTTP; is the endpoint's scheme right?")
    case is NIOTooManyBytesError:
      return make(.integrity, "the answer is far too large")
    default:
      return make(.unreachable, retry: true, "the connection to \(endpoint.host) broke")
    }
  }

  private func httpClientError(_ error: HTTPClientError) -> ObjectStoreError {
    switch error {
    case .connectTimeout:
      return make(
        .unreachable, retry: true,
        "no connection to \(endpoint.host) within \(configuration.connectTimeout); check endpoint and network policy")
    case .readTimeout, .writeTimeout:
      return make(.timeout, retry: true, "\(endpoint.host) was silent for \(configuration.idleTimeout)")
    case .deadlineExceeded, .getConnectionFromPoolTimeout:
      return make(.timeout, retry: true, "no answer from \(endpoint.host) within \(configuration.requestTimeout)")
    case .tlsHandshakeTimeout:
      return make(.unreachable, retry: true, "no TLS handshake with \(endpoint.host); is the endpoint's scheme right?")
    case .remoteConnectionClosed:
      return make(.unreachable, retry: true, "\(endpoint.host) closed the connection")
    case .invalidURL, .emptyHost:
      return make(.configuration, "the endpoint is no URL")
    default:
      return make(.unreachable, retry: true, "the connection to \(endpoint.host) broke")
    }
  }

  private var tlsError: ObjectStoreError {
    let text = "\(error)".uppercased()
    if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("HOSTNAME") {
      return make(
        .certificateUntrusted,
        "the certificate of \(endpoint.host) is not trusted, or is for another name; give its CA in caBundle")
    }
    return make(.unreachable, retry: true, "TLS with \(endpoint.host) failed; is the endpoint's scheme right?")
  }

  private func make(_ code: ObjectStoreError.Code, retry: Bool = false, _ message: String) -> ObjectStoreError {
    ObjectStoreError(
      code, isRetryable: retry, operation: request.operation, message: "\(message) (\(error))", cause: error)
  }
}
