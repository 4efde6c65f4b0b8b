/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_TLS_H
#define NET_TLS_H
/* TLS 1.2 and up by OpenSSL, on the socket's own descriptor. Buffers are given back while a socket
 * is idle; there is no session cache to grow and no renegotiation. One NetTls per server; the
 * certificate can be read anew at any time. */
#include "base/err.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct NetTls NetTls;

Err net_tls_create(ErrSlot *e, const char *cert_path, const char *key_path,
                   NetTls **ret) WARN_UNUSED;
void net_tls_destroy(NetTls *t);
/* Any thread. Sockets that are open keep the old certificate. Codes: net.tls */
Err net_tls_reload(NetTls *t, ErrSlot *e) WARN_UNUSED;
SSL *net_tls_accept(NetTls *t, int fd); /* owned; NULL: out of resources */

typedef enum { NET_TLS_DONE, NET_TLS_WANT_READ, NET_TLS_WANT_WRITE, NET_TLS_FAILED } NetTlsStep;
NetTlsStep net_tls_handshake(SSL *ssl);
long net_tls_read(SSL *ssl, char *p, size_t n); /* > 0, 0 nothing now, -1 closed or broken */
long net_tls_write(SSL *ssl, const char *p,
                   size_t n); /* > 0, 0 not now: the same bytes must come again, -1 */
#endif
