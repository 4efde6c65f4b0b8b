/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H
/* ASSERT is always on and is for bugs only, never for input. A failed one aborts; the supervisor
 * restarts us. */
_Noreturn void assert_fail(const char *file, int line, const char *what);
#define ASSERT(cond) ((cond) ? (void)0 : assert_fail(__FILE__, __LINE__, #cond))
#endif
