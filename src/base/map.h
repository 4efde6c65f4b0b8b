/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MAP_H
#define BASE_MAP_H
/* Map: 64-bit key (never 0) -> pointer. Open addressing, grows, one thread. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    int64_t *keys;
    void **values;
    size_t size, used;
} Map;

void map_init(Map *m);
void map_finish(Map *m);
void *map_get(const Map *m, int64_t key);       /* NULL: absent */
void map_put(Map *m, int64_t key, void *value); /* replaces */
void *map_remove(Map *m, int64_t key);          /* the old value or NULL */
/* for (size_t i = 0; map_each(m, &i, &key, &value);) — not while putting or removing */
bool map_each(const Map *m, size_t *at, int64_t *ret_key, void **ret_value);
#endif
