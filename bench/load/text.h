/* SPDX-License-Identifier: Apache-2.0 */
/* Customer messages of a shop, about 200 bytes each, built from our own clauses.
 * Owns nothing; the same number always gives the same text. Threads: pure. */
#ifndef ZX_BENCH_LOAD_TEXT_H
#define ZX_BENCH_LOAD_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { TEXT_BYTES = 200, TEXT_MARK_BYTES = 18 };

/* Writes "#" and 16 hexadecimal digits of id, a blank, then clauses up to TEXT_BYTES (never a
 * broken character). Returns the bytes. The text needs no escaping in JSON. */
size_t text_message(uint64_t id, char out[TEXT_BYTES + 1]);
/* Finds the mark in a frame; false when there is none. */
int text_find_id(const uint8_t *data, size_t length, uint64_t *ret_id);

#endif
