/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H
#include <pthread.h>

/* For what is held a few hundred instructions at most: who finds it taken looks again for a moment
 * before it sleeps, since the holder is done sooner than a system call. */
static inline void mutex_init_short(pthread_mutex_t *m)
{
#ifdef __GLIBC__
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(m, &kind);
    pthread_mutexattr_destroy(&kind);
#else
    pthread_mutex_init(m, NULL);
#endif
}
#endif
