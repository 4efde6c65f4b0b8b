/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "net/sock_linux.h"

int net_sock_accept(int listen_fd, struct sockaddr_storage *ret_peer)
{
    socklen_t n = sizeof *ret_peer;
    return accept4(listen_fd, (struct sockaddr *)ret_peer, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
