/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/ac.h"
#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 256, PAGES = 0x110000 / PAGE, NONE = -1, ROOT = 1 };

typedef struct {
    uint32_t cls;
    int32_t child, next; /* first child, next brother */
    int32_t word;        /* NONE: no word ends here */
    uint32_t depth;
} Node;

/* Classes number the code points that occur in words from 1; all others are class 0 and lead to the
 * root. */
typedef struct {
    uint16_t page[PAGES]; /* 0: no code point of this page occurs */
    uint32_t (*table)[PAGE];
    size_t pages;
    uint32_t count;
} Classes;

struct NluAcBuilder {
    Classes classes;
    Node *nodes;
    size_t node_n, node_cap;
    uint32_t words;
};

struct NluAc {
    Classes classes;
    int32_t *base, *check, *fail, *word,
        *out; /* out: the next state on the way to the root where a word ends */
    uint32_t *depth;
    size_t size;
    uint32_t words;
};

static void *grow(void *p, size_t n, size_t each)
{
    void *q = realloc(p, n * each);
    ASSERT(q != NULL);
    return q;
}

static uint32_t class_of(const Classes *c, uint32_t cp)
{
    uint16_t page = cp < 0x110000 ? c->page[cp / PAGE] : 0;
    return page ? c->table[page][cp % PAGE] : 0;
}

static uint32_t class_add(Classes *c, uint32_t cp)
{
    if (c->page[cp / PAGE] == 0) {
        c->table = grow(c->table, c->pages + 1, sizeof(*c->table));
        memset(c->table[c->pages], 0, sizeof(*c->table));
        c->page[cp / PAGE] = (uint16_t)c->pages++;
    }
    uint32_t *cell = &c->table[c->page[cp / PAGE]][cp % PAGE];
    if (*cell == 0)
        *cell = ++c->count;
    return *cell;
}

static int32_t node_new(NluAcBuilder *b, uint32_t cls, uint32_t depth)
{
    if (b->node_n == b->node_cap) {
        b->node_cap = b->node_cap ? b->node_cap * 2 : 1024;
        b->nodes = grow(b->nodes, b->node_cap, sizeof(Node));
    }
    b->nodes[b->node_n] =
        (Node){.cls = cls, .child = NONE, .next = NONE, .word = NONE, .depth = depth};
    return (int32_t)b->node_n++;
}

NluAcBuilder *nlu_ac_builder_create(void)
{
    NluAcBuilder *b = calloc(1, sizeof(*b));
    ASSERT(b != NULL);
    b->classes.table = grow(NULL, 1, sizeof(*b->classes.table));
    memset(b->classes.table[0], 0, sizeof(*b->classes.table));
    b->classes.pages = 1;
    node_new(b, 0, 0);
    return b;
}

uint32_t nlu_ac_add(NluAcBuilder *b, const uint32_t *cp, size_t n)
{
    ASSERT(n > 0);
    int32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        ASSERT(cp[i] < 0x110000);
        uint32_t cls = class_add(&b->classes, cp[i]);
        int32_t child = b->nodes[at].child;
        while (child != NONE && b->nodes[child].cls != cls)
            child = b->nodes[child].next;
        if (child == NONE) {
            child = node_new(b, cls, (uint32_t)i + 1);
            b->nodes[child].next = b->nodes[at].child;
            b->nodes[at].child = child;
        }
        at = child;
    }
    if (b->nodes[at].word == NONE)
        b->nodes[at].word = (int32_t)b->words++;
    return (uint32_t)b->nodes[at].word;
}

static void builder_free(NluAcBuilder *b, bool with_classes)
{
    if (with_classes)
        free(b->classes.table);
    free(b->nodes);
    free(b);
}

void nlu_ac_builder_destroy(NluAcBuilder *b)
{
    if (b)
        builder_free(b, true);
}

static void states_grow(NluAc *ac, size_t need)
{
    if (need <= ac->size)
        return;
    size_t size = ac->size ? ac->size : 1024;
    while (size < need)
        size *= 2;
    ac->base = grow(ac->base, size, sizeof(int32_t));
    ac->check = grow(ac->check, size, sizeof(int32_t));
    ac->fail = grow(ac->fail, size, sizeof(int32_t));
    ac->word = grow(ac->word, size, sizeof(int32_t));
    ac->out = grow(ac->out, size, sizeof(int32_t));
    ac->depth = grow(ac->depth, size, sizeof(uint32_t));
    for (size_t i = ac->size; i < size; i++) {
        ac->base[i] = 0;
        ac->check[i] = NONE;
        ac->fail[i] = ROOT;
        ac->word[i] = NONE;
        ac->out[i] = NONE;
        ac->depth[i] = 0;
    }
    ac->size = size;
}

static int32_t step(const NluAc *ac, int32_t state, uint32_t cls)
{
    int32_t to = ac->base[state] + (int32_t)cls;
    return ac->check[to] == state ? to : NONE;
}

/* A place where all children of the node fit. *free_from moves over the filled part. */
static int32_t find_base(NluAc *ac, const NluAcBuilder *b, const Node *node, size_t *free_from)
{
    while (*free_from < ac->size && ac->check[*free_from] != NONE)
        (*free_from)++;
    uint32_t first = UINT32_MAX;
    for (int32_t c = node->child; c != NONE; c = b->nodes[c].next)
        if (b->nodes[c].cls < first)
            first = b->nodes[c].cls;
    size_t at = *free_from > first ? *free_from - first : 1;
    for (;; at++) {
        states_grow(ac, at + b->classes.count + 2);
        bool fits = true;
        for (int32_t c = node->child; c != NONE && fits; c = b->nodes[c].next)
            fits = ac->check[at + b->nodes[c].cls] == NONE && at + b->nodes[c].cls != ROOT;
        if (fits)
            return (int32_t)at;
    }
}

static void link_state(NluAc *ac, int32_t parent, int32_t state, uint32_t cls)
{
    if (parent == ROOT)
        return; /* fail stays at the root */
    int32_t f = ac->fail[parent];
    int32_t to;
    while ((to = step(ac, f, cls)) == NONE && f != ROOT)
        f = ac->fail[f];
    if (to != NONE)
        ac->fail[state] = to;
    ac->out[state] = ac->word[ac->fail[state]] != NONE ? ac->fail[state] : ac->out[ac->fail[state]];
}

NluAc *nlu_ac_build(NluAcBuilder *b)
{
    NluAc *ac = calloc(1, sizeof(*ac));
    int32_t *node_queue = malloc(b->node_n * sizeof(*node_queue));
    int32_t *state_of = malloc(b->node_n * sizeof(*state_of));
    ASSERT(ac != NULL && node_queue != NULL && state_of != NULL);
    states_grow(ac, (size_t)b->classes.count + 2);
    ac->check[0] = ac->check[ROOT] = 0;
    size_t head = 0, tail = 0, free_from = 2;
    node_queue[tail++] = 0;
    state_of[0] = ROOT;
    while (head < tail) { /* breadth first, so that the states on the way to the root exist */
        int32_t n = node_queue[head++];
        int32_t state = state_of[n];
        const Node *node = &b->nodes[n];
        if (node->child == NONE)
            continue;
        int32_t base = find_base(ac, b, node, &free_from);
        ac->base[state] = base;
        for (int32_t c = node->child; c != NONE; c = b->nodes[c].next)
            ac->check[base + (int32_t)b->nodes[c].cls] = state;
        for (int32_t c = node->child; c != NONE; c = b->nodes[c].next) {
            int32_t to = base + (int32_t)b->nodes[c].cls;
            state_of[c] = to;
            ac->word[to] = b->nodes[c].word;
            ac->depth[to] = b->nodes[c].depth;
            link_state(ac, state, to, b->nodes[c].cls);
            node_queue[tail++] = c;
        }
    }
    /* Leaves keep base 0: room behind it must exist for every class. */
    states_grow(ac, (size_t)b->classes.count + 2);
    ac->classes = b->classes;
    ac->words = b->words;
    free(node_queue);
    free(state_of);
    builder_free(b, false);
    return ac;
}

void nlu_ac_destroy(NluAc *ac)
{
    if (!ac)
        return;
    free(ac->classes.table);
    free(ac->base);
    free(ac->check);
    free(ac->fail);
    free(ac->word);
    free(ac->out);
    free(ac->depth);
    free(ac);
}

size_t nlu_ac_scan(const NluAc *ac, const uint32_t *cp, size_t n, NluHit *ret_hits, size_t cap)
{
    int32_t state = ROOT;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t cls = class_of(&ac->classes, cp[i]);
        if (cls == 0) {
            state = ROOT;
            continue;
        }
        int32_t to;
        while ((to = step(ac, state, cls)) == NONE && state != ROOT)
            state = ac->fail[state];
        if (to != NONE)
            state = to;
        for (int32_t s = ac->word[state] != NONE ? state : ac->out[state]; s != NONE;
             s = ac->out[s]) {
            if (count == cap)
                return count;
            ret_hits[count++] = (NluHit){.word = (uint32_t)ac->word[s],
                                         .start = (uint32_t)(i + 1) - ac->depth[s],
                                         .end = (uint32_t)(i + 1)};
        }
    }
    return count;
}

size_t nlu_ac_words(const NluAc *ac)
{
    return ac->words;
}

size_t nlu_ac_bytes(const NluAc *ac)
{
    return sizeof(*ac) + ac->classes.pages * sizeof(*ac->classes.table) +
           ac->size * (5 * sizeof(int32_t) + sizeof(uint32_t));
}
