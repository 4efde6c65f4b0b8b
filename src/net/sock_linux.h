/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_SOCK_LINUX_H
#define NET_SOCK_LINUX_H
/* The one call that POSIX.1-2008 lacks. */
#include <sys/socket.h>

int net_sock_accept(
    int listen_fd,
    struct sockaddr_storage *ret_peer); /* non-blocking, closed on exec; -1 and errno */
#endif
