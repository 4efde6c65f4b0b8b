/* SPDX-License-Identifier: Apache-2.0 */
/* Folds: talks that share a nearly equal message stay together. */
#include "nlu/train_internal.h"
#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAIRS_MIN = 6,
    /* shorter messages are common to all talks */ BUCKETS = 1 << 18,
    LIST_MAX = 400
};

typedef struct {
    uint32_t talk, n;
    uint32_t *pair; /* different ones */
} Message;

typedef struct {
    uint32_t *of;
    size_t n, cap;
} Bucket;

static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void read_pairs(Arena *a, Message *m, Str text)
{
    NluText t;
    nlu_normalise(a, text, NLU_NORM_TIGHT, NLU_TEXT_MAX, &t);
    m->pair = ARENA_ARRAY(a, uint32_t, t.n + 1);
    for (size_t i = 0; i + 1 < t.n; i++)
        m->pair[m->n++] = (t.cp[i] * 2654435761u) ^ (t.cp[i + 1] * 40503u + (t.cp[i + 1] >> 3));
    qsort(m->pair, m->n, sizeof *m->pair, by_value);
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++)
        if (i == 0 || m->pair[i] != m->pair[i - 1])
            m->pair[n++] = m->pair[i];
    m->n = n;
}

static bool alike(const Message *a, const Message *b, uint32_t both)
{
    return both * 10 >= (a->n + b->n - both) * 7;
}

size_t nlu_train_split(const NluTalks *talks, int folds, uint64_t seed, uint32_t *ret_fold)
{
    Arena *arena = arena_create((size_t)1 << 30);
    uint32_t *parent = ARENA_ARRAY(arena, uint32_t, talks->n + 1);
    size_t total = 0, n = 0;
    for (size_t i = 0; i < talks->n; i++) {
        parent[i] = (uint32_t)i;
        total += talks->talks[i].n;
    }
    Message *list = ARENA_ARRAY(arena, Message, total + 1);
    Bucket *buckets = calloc(BUCKETS, sizeof *buckets);
    uint32_t *both = ARENA_ARRAY(arena, uint32_t, total + 1),
             *touched = ARENA_ARRAY(arena, uint32_t, total + 1);
    ASSERT(buckets != NULL);
    for (size_t i = 0; i < talks->n; i++)
        for (size_t k = 0; k < talks->talks[i].n; k++) {
            Message *m = &list[n];
            *m = (Message){.talk = (uint32_t)i};
            read_pairs(arena, m, talks->talks[i].turns[k].text);
            if (m->n < PAIRS_MIN)
                continue;
            size_t touched_n = 0;
            for (uint32_t p = 0; p < m->n; p++) {
                Bucket *b = &buckets[m->pair[p] & (BUCKETS - 1)];
                size_t from =
                    b->n > LIST_MAX ? b->n - LIST_MAX : 0; /* very common pairs: the latest ones */
                for (size_t j = from; j < b->n; j++)
                    if (both[b->of[j]]++ == 0)
                        touched[touched_n++] = b->of[j];
                b->of = nlu_train_grow(b->of, &b->cap, b->n + 1, sizeof *b->of);
                b->of[b->n++] = (uint32_t)n;
            }
            for (size_t j = 0; j < touched_n; j++) {
                if (alike(m, &list[touched[j]], both[touched[j]]))
                    parent[root_of(parent, m->talk)] = root_of(parent, list[touched[j]].talk);
                both[touched[j]] = 0;
            }
            n++;
        }
    /* Whole clusters, in the order of their first talk, each to the fold that has the fewest turns.
     */
    size_t clusters = 0, *load = ARENA_ARRAY(arena, size_t, (size_t)folds),
           *size = ARENA_ARRAY(arena, size_t, talks->n + 1);
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, talks->n + 1);
    for (size_t i = 0; i < talks->n; i++) {
        size[root_of(parent, (uint32_t)i)] += talks->talks[i].n;
        if (parent[i] == i)
            order[clusters++] = (uint32_t)i;
    }
    uint64_t random = seed * 2 + 1;
    for (size_t i = clusters; i > 1; i--) {
        size_t k = (size_t)(nlu_train_random(&random) % i);
        uint32_t other = order[i - 1];
        order[i - 1] = order[k];
        order[k] = other;
    }
    for (size_t i = 0; i < clusters; i++) {
        int least = 0;
        for (int f = 1; f < folds; f++)
            least = load[f] < load[least] ? f : least;
        load[least] += size[order[i]];
        ret_fold[order[i]] = (uint32_t)least;
    }
    for (size_t i = 0; i < talks->n; i++)
        ret_fold[i] = ret_fold[root_of(parent, (uint32_t)i)];
    for (size_t i = 0; i < BUCKETS; i++)
        free(buckets[i].of);
    free(buckets);
    arena_destroy(arena);
    return clusters;
}
