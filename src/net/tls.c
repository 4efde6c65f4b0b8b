/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls.h"

#include "base/assert.h"

#include <limits.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct NetTls {
    pthread_mutex_t lock; /* over ctx: reload may come from any thread */
    SSL_CTX *ctx;
    char *cert_path, *key_path;
};

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                           const unsigned char *in, unsigned in_n, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    (void)ssl;
    (void)arg;
    for (unsigned at = 0; at < in_n && in[at] < in_n - at; at += in[at] + 1u) {
        if (in[at] == ours[0] && memcmp(in + at + 1, ours + 1, 8) == 0) {
            *out = in + at + 1;
            *out_n = 8;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static Err fail(ErrSlot *e, SSL_CTX *ctx, const char *what, const char *path)
{
    char why[160] = "unknown";
    unsigned long code = ERR_peek_error();
    if (code)
        ERR_error_string_n(code, why, sizeof why);
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return err_set(e, ERR_INVALID, "net.tls", "%s %s: %s", what, path, why);
}

static Err load(const NetTls *t, ErrSlot *e, SSL_CTX **ret)
{
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (!ctx)
        return fail(e, NULL, "cannot start OpenSSL for", t->cert_path);
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 1); /* stateless: nothing is kept here */
    SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    if (SSL_CTX_use_certificate_chain_file(ctx, t->cert_path) != 1)
        return fail(e, ctx, "cannot read the certificate", t->cert_path);
    if (SSL_CTX_use_PrivateKey_file(ctx, t->key_path, SSL_FILETYPE_PEM) != 1)
        return fail(e, ctx, "cannot read the key", t->key_path);
    if (SSL_CTX_check_private_key(ctx) != 1)
        return fail(e, ctx, "the key does not belong to the certificate:", t->key_path);
    *ret = ctx;
    return ERR_OK;
}

static char *copy(const char *s)
{
    size_t n = strlen(s) + 1;
    char *c = malloc(n);
    ASSERT(c);
    memcpy(c, s, n);
    return c;
}

Err net_tls_create(ErrSlot *e, const char *cert_path, const char *key_path, NetTls **ret)
{
    NetTls *t = calloc(1, sizeof *t);
    ASSERT(t);
    pthread_mutex_init(&t->lock, NULL);
    t->cert_path = copy(cert_path);
    t->key_path = copy(key_path);
    Err err = load(t, e, &t->ctx);
    if (err) {
        net_tls_destroy(t);
        return err;
    }
    *ret = t;
    return ERR_OK;
}

void net_tls_destroy(NetTls *t)
{
    if (!t)
        return;
    SSL_CTX_free(t->ctx);
    pthread_mutex_destroy(&t->lock);
    free(t->cert_path);
    free(t->key_path);
    free(t);
}

Err net_tls_reload(NetTls *t, ErrSlot *e)
{
    SSL_CTX *fresh = NULL;
    Err err = load(t, e, &fresh);
    if (err)
        return err;
    pthread_mutex_lock(&t->lock);
    SSL_CTX *old = t->ctx;
    t->ctx = fresh;
    pthread_mutex_unlock(&t->lock);
    SSL_CTX_free(old);
    return ERR_OK;
}

SSL *net_tls_accept(NetTls *t, int fd)
{
    pthread_mutex_lock(&t->lock);
    SSL *ssl = SSL_new(t->ctx);
    pthread_mutex_unlock(&t->lock);
    if (ssl && SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        ssl = NULL;
    }
    if (ssl)
        SSL_set_accept_state(ssl);
    else
        ERR_clear_error();
    return ssl;
}

NetTlsStep net_tls_handshake(SSL *ssl)
{
    ERR_clear_error();
    int ok = SSL_do_handshake(ssl);
    if (ok == 1)
        return NET_TLS_DONE;
    int why = SSL_get_error(ssl, ok);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ)
        return NET_TLS_WANT_READ;
    return why == SSL_ERROR_WANT_WRITE ? NET_TLS_WANT_WRITE : NET_TLS_FAILED;
}

long net_tls_read(SSL *ssl, char *p, size_t n)
{
    ERR_clear_error();
    int got = SSL_read(ssl, p, n < INT_MAX ? (int)n : INT_MAX);
    if (got > 0)
        return got;
    int why = SSL_get_error(ssl, got);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

long net_tls_write(SSL *ssl, const char *p, size_t n)
{
    ERR_clear_error();
    int put = SSL_write(ssl, p, n < INT_MAX ? (int)n : INT_MAX);
    if (put > 0)
        return put;
    int why = SSL_get_error(ssl, put);
    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
}
