// For a hiredis with TLS. The session is made and its handshake finished here, not by hiredis: that
// bounds the time, and checks the host's name, which hiredis does not.
#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/online/tls.h"

namespace dangol::online {
namespace {

std::string LastError() {
  const unsigned long error = ERR_get_error();
  char text[256] = "no reason given";
  if (error != 0) ERR_error_string_n(error, text, sizeof text);
  ERR_clear_error();
  return text;
}

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

absl::Status LoadAuthorities(SSL_CTX* context, const Settings& settings) {
  if (settings.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return absl::OkStatus();
  }
  if (SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) == 1)
    return absl::OkStatus();
  return BadField("online.ca_file", settings.ca_file, absl::StrCat("is not read: ", LastError()),
                  "give a PEM file of certificates");
}

absl::Status LoadOwn(SSL_CTX* context, const Settings& settings) {
  if (settings.cert_file.empty()) return absl::OkStatus();
  if (SSL_CTX_use_certificate_chain_file(context, settings.cert_file.c_str()) != 1)
    return BadField("online.cert_file", settings.cert_file,
                    absl::StrCat("is not read: ", LastError()), "give a PEM certificate");
  if (SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return BadField("online.key_file", settings.key_file,
                    absl::StrCat("is not read: ", LastError()), "give the certificate's PEM key");
  return absl::OkStatus();
}

// Whose certificate is accepted. An address is compared with the addresses in it.
void Expect(SSL* ssl, const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  const bool numeric =
      inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
  if (numeric) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_set1_host(ssl, name.c_str());
  }
}

// Why there is no session.
absl::Status Refused(SSL* ssl, absl::string_view what) {
  const long verified = SSL_get_verify_result(ssl);
  if (verified == X509_V_OK)
    return absl::UnavailableError(absl::StrCat("no TLS with the server: ", what));
  return absl::UnauthenticatedError(
      absl::StrCat("the server's certificate is refused: ", X509_verify_cert_error_string(verified),
                   "; set online.ca_file and online.server_name as the certificate has them"));
}

absl::Status ShakeHands(SSL* ssl, int fd, Micros deadline) {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(ssl);
    if (result == 1) return absl::OkStatus();
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      return Refused(ssl, LastError());
    const Micros left = deadline - SteadyMicros();
    pollfd wait{fd, static_cast<short>(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
    if (left <= 0 || poll(&wait, 1, static_cast<int>(left / kMicrosPerMilli) + 1) == 0)
      return absl::DeadlineExceededError("the server does not finish the TLS handshake");
  }
}

}  // namespace

struct Tls::Rep {
  std::unique_ptr<SSL_CTX, FreeContext> context;
  std::string server_name;
};

Tls::Tls(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Tls::~Tls() = default;

absl::Status TlsSupport() { return absl::OkStatus(); }

absl::StatusOr<std::unique_ptr<Tls>> Tls::Load(const Settings& settings) {
  auto rep = std::make_unique<Rep>();
  rep->context.reset(SSL_CTX_new(TLS_client_method()));
  rep->server_name = settings.server_name;
  SSL_CTX* const context = rep->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  DANGOL_RETURN_IF_ERROR(LoadAuthorities(context, settings));
  DANGOL_RETURN_IF_ERROR(LoadOwn(context, settings));
  return std::unique_ptr<Tls>(new Tls(std::move(rep)));
}

absl::Status Tls::Start(redisContext* context, const std::string& host, Micros deadline) const {
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(rep_->context.get()));
  Expect(ssl.get(), rep_->server_name.empty() ? host : rep_->server_name);
  // Begins the handshake, as the context is non-blocking, and takes the session over.
  if (redisInitiateSSL(context, ssl.get()) != REDIS_OK) return Refused(ssl.get(), context->errstr);
  return ShakeHands(ssl.release(), static_cast<int>(context->fd), deadline);
}

}  // namespace dangol::online
