#include "state/redis_tls.h"

#include "state/fault.h"

#ifdef COEXIST_REDIS_TLS

#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "state/deadline.h"

bool redis_tls_built_in(void)
{
    return true;
}

void redis_tls_forget(void)
{
    ERR_clear_error();
}

const char *redis_tls_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    return code ? ERR_reason_error_string(code) : NULL;
}

/* A key with a password is refused; OpenSSL would ask for it at the terminal. */
static int no_password(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

/* Sets the sentence and returns false. */
static bool file_fault(const char *what, const char *file, char why[RECORD_FAULT_MAX])
{
    const char *reason = redis_tls_reason();
    fault_set(why, "TLS: %s %s: %s", what, file, reason ? reason : "unknown reason");
    return false;
}

static bool load_files(SSL_CTX *x, const struct redis_tls *tls, char why[RECORD_FAULT_MAX])
{
    const char *key = tls->key ? tls->key : tls->cert;
    if (tls->ca && SSL_CTX_load_verify_locations(x, tls->ca, NULL) != 1)
        return file_fault("authorities in", tls->ca, why);
    if (!tls->ca && SSL_CTX_set_default_verify_paths(x) != 1)
        return file_fault("authorities of", "the system", why);
    if (!tls->cert)
        return true;
    if (SSL_CTX_use_certificate_chain_file(x, tls->cert) != 1)
        return file_fault("certificate in", tls->cert, why);
    if (SSL_CTX_use_PrivateKey_file(x, key, SSL_FILETYPE_PEM) != 1)
        return file_fault("key in", key, why);
    return true;
}

/* Redis closes without a word of TLS, and its protocol shows what was cut. */
static SSL_CTX *context_new(const struct redis_tls *tls, char why[RECORD_FAULT_MAX])
{
    ERR_clear_error();
    SSL_CTX *x = SSL_CTX_new(TLS_client_method());
    if (!x) {
        fault_set(why, "no memory");
        return NULL;
    }
    SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION);
    SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION);
#ifdef SSL_OP_IGNORE_UNEXPECTED_EOF
    SSL_CTX_set_options(x, SSL_OP_IGNORE_UNEXPECTED_EOF);
#endif
    SSL_CTX_set_verify(x, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_default_passwd_cb(x, no_password);
    if (load_files(x, tls, why))
        return x;
    SSL_CTX_free(x);
    return NULL;
}

static bool expect_host(SSL *ssl, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return host[0] != '\0' && SSL_set1_host(ssl, host) == 1 &&
           SSL_set_tlsext_host_name(ssl, host) == 1;
}

static SSL *ssl_new(const struct redis_tls *tls, const char *host, char why[RECORD_FAULT_MAX])
{
    SSL_CTX *x = context_new(tls, why);
    if (!x)
        return NULL;
    SSL *ssl = SSL_new(x);
    SSL_CTX_free(x);
    if (ssl && expect_host(ssl, host))
        return ssl;
    SSL_free(ssl);
    fault_set(why, "TLS: no certificate can be for the host '%s'", host);
    return NULL;
}

static void handshake_fault(const SSL *ssl, int error, const char *host, char why[RECORD_FAULT_MAX])
{
    char word[FAULT_WORD_SIZE];
    long verified = SSL_get_verify_result(ssl);
    const char *reason = redis_tls_reason();
    if (error == ETIMEDOUT)
        fault_set(why, "TLS: no answer in time");
    else if (verified != X509_V_OK)
        fault_set(why, "TLS: the certificate of %s: %s", fault_word(span_of(host), word),
                  X509_verify_cert_error_string(verified));
    else
        fault_set(why, "TLS: %s", reason ? reason : "the connection was closed");
}

/* 0, or an error number. */
static int handshake(const redisContext *x, SSL *ssl, int64_t deadline)
{
    for (;;) {
        ERR_clear_error();
        int done = SSL_do_handshake(ssl);
        if (done == 1)
            return 0;
        int wants = SSL_get_error(ssl, done);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
            return EPROTO;
        int error = deadline_wait(x->fd, wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline);
        if (error)
            return error;
    }
}

bool redis_tls_begin(struct redisContext *x, const struct redis_tls *tls, const char *host,
                     int64_t deadline, char why[RECORD_FAULT_MAX])
{
    SSL *ssl = ssl_new(tls, host, why);
    if (!ssl)
        return false;
    /* It is hiredis' own once this succeeds. */
    bool taken = redisInitiateSSL(x, ssl) == REDIS_OK;
    int error = taken ? handshake(x, ssl, deadline) : EPROTO;
    if (error)
        handshake_fault(ssl, error, host, why);
    if (!taken)
        SSL_free(ssl);
    ERR_clear_error();
    return error == 0;
}

#else

bool redis_tls_built_in(void)
{
    return false;
}

bool redis_tls_begin(struct redisContext *x, const struct redis_tls *tls, const char *host,
                     int64_t deadline, char why[RECORD_FAULT_MAX])
{
    (void)x;
    (void)tls;
    (void)host;
    (void)deadline;
    fault_set(why, "TLS: not in this build");
    return false;
}

void redis_tls_forget(void)
{
}

const char *redis_tls_reason(void)
{
    return NULL;
}

#endif
