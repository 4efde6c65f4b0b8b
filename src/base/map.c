/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/assert.h"

#include <stdlib.h>

static size_t home(const Map *m, int64_t key)
{
    uint64_t h = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(h >> 32) & (m->size - 1);
}

void map_init(Map *m)
{
    *m = (Map){0};
}

void map_finish(Map *m)
{
    free(m->keys);
    free(m->values);
    map_init(m);
}

static size_t find(const Map *m, int64_t key)
{
    size_t i = home(m, key);
    while (m->keys[i] && m->keys[i] != key)
        i = (i + 1) & (m->size - 1);
    return i;
}

void *map_get(const Map *m, int64_t key)
{
    if (!m->used)
        return NULL;
    size_t i = find(m, key);
    return m->keys[i] ? m->values[i] : NULL;
}

static void grow(Map *m)
{
    Map old = *m;
    m->size = old.size ? old.size * 2 : 16;
    m->keys = calloc(m->size, sizeof *m->keys);
    m->values = calloc(m->size, sizeof *m->values);
    ASSERT(m->keys && m->values);
    for (size_t i = 0; i < old.size; i++) {
        if (!old.keys[i])
            continue;
        size_t at = find(m, old.keys[i]);
        m->keys[at] = old.keys[i];
        m->values[at] = old.values[i];
    }
    free(old.keys);
    free(old.values);
}

void map_put(Map *m, int64_t key, void *value)
{
    ASSERT(key != 0);
    if (m->used * 4 >= m->size * 3)
        grow(m);
    size_t i = find(m, key);
    if (!m->keys[i]) {
        m->keys[i] = key;
        m->used++;
    }
    m->values[i] = value;
}

void *map_remove(Map *m, int64_t key)
{
    if (!m->used)
        return NULL;
    size_t i = find(m, key);
    if (!m->keys[i])
        return NULL;
    void *value = m->values[i];
    m->used--;
    /* close the hole so that probing never stops early */
    size_t hole = i;
    for (size_t j = (i + 1) & (m->size - 1); m->keys[j]; j = (j + 1) & (m->size - 1)) {
        size_t want = home(m, m->keys[j]);
        if (((j - want) & (m->size - 1)) >= ((j - hole) & (m->size - 1))) {
            m->keys[hole] = m->keys[j];
            m->values[hole] = m->values[j];
            hole = j;
        }
    }
    m->keys[hole] = 0;
    m->values[hole] = NULL;
    return value;
}

bool map_each(const Map *m, size_t *at, int64_t *ret_key, void **ret_value)
{
    while (*at < m->size) {
        size_t i = (*at)++;
        if (m->keys[i]) {
            *ret_key = m->keys[i];
            *ret_value = m->values[i];
            return true;
        }
    }
    return false;
}
