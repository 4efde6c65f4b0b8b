/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_ADDR_H
#define NET_ADDR_H
/* Network addresses as 16 bytes (IPv4 in its mapped form), lists of trusted networks, and counting
 * by address. */
#include "base/err.h"
#include "base/str.h"

#include <sys/socket.h>

typedef struct {
    uint8_t b[16];
} NetAddr;

enum { NET_ADDR_TEXT = 46 };

bool net_addr_parse(Str text, NetAddr *ret); /* "1.2.3.4", "::1", "[::1]", with or without a port */
bool net_addr_of(const struct sockaddr *sa, NetAddr *ret);
size_t net_addr_print(const NetAddr *a, char out[NET_ADDR_TEXT]); /* not NUL-terminated */

typedef struct {
    struct {
        NetAddr addr;
        unsigned bits;
    } * rows; /* owned */
    size_t n;
} NetAddrList;

/* "10.0.0.0/8, ::1". Codes: net.proxies */
Err net_addr_list_parse(ErrSlot *e, const char *text, NetAddrList *ret) WARN_UNUSED;
void net_addr_list_finish(NetAddrList *l);
bool net_addr_list_has(const NetAddrList *l, const NetAddr *a);

/* How many connections each address holds. An IPv6 customer owns a /64, so that is what is counted.
 */
typedef struct {
    struct NetAddrCount *rows; /* owned */
    size_t size, used;
    uint64_t key[2]; /* random: nobody can aim at one bucket */
} NetAddrTable;

void net_addr_table_init(NetAddrTable *t);
void net_addr_table_finish(NetAddrTable *t);
long net_addr_table_add(NetAddrTable *t, const NetAddr *a); /* the count with this one */
void net_addr_table_remove(NetAddrTable *t, const NetAddr *a);
#endif
