/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include <string.h>

enum { BITS = 11, DIGITS = 6, VALUES = 1 << BITS, FEW = 48 };

static void insert_each(uint64_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t k = i;
        for (; k > 0 && keys[k - 1] > key; k--)
            keys[k] = keys[k - 1];
        keys[k] = key;
    }
}

static void by_digit(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
    size_t at[VALUES] = {0};
    for (size_t i = 0; i < n; i++)
        at[from[i] >> shift & (VALUES - 1)]++;
    size_t sum = 0;
    for (size_t v = 0; v < VALUES; v++) {
        size_t count = at[v];
        at[v] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        to[at[from[i] >> shift & (VALUES - 1)]++] = from[i];
}

void sort_u64(uint64_t *keys, uint64_t *scratch, size_t n)
{
    if (n <= FEW) {
        insert_each(keys, n);
        return;
    }
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= keys[i] ^ keys[0];
    uint64_t *from = keys, *to = scratch;
    for (unsigned digit = 0; digit < DIGITS; digit++) {
        unsigned shift = digit * BITS;
        if (!(differ >> shift & (VALUES - 1)))
            continue;
        by_digit(from, to, n, shift);
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, n * sizeof *keys);
}
