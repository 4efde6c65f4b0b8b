/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/weights.h"
#include "base/assert.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files are used where they lie: a big-endian machine needs a reader of its own"
#endif

enum { HEAD_BYTES = 128, DIGEST_AT = 64, DIGEST_BYTES = 32, ALIGN = 64, ROWS_MAX = 1 << 22 };
static const char MAGIC[8] = {'Z', 'H', 'I', 'X', 'I', 'N', 'L', 'U'};

typedef struct {
    char magic[8];
    uint32_t version, bytes, seed, sides;
    uint32_t side_at[NLU_WEIGHTS_SIDES];
    uint32_t plain;
    uint8_t spare[28];
    uint8_t digest[DIGEST_BYTES];
    uint8_t rest[32];
} FileHead;

typedef struct {
    uint32_t rows, slot_bits, stride, head_n;
    uint32_t heads_at, slots_at, rows_at, spare;
} FileSide;

_Static_assert(sizeof(FileHead) == HEAD_BYTES && offsetof(FileHead, digest) == DIGEST_AT,
               "the file's head");
_Static_assert(sizeof(FileSide) == 32 && sizeof(NluHead) == 64, "the file's tables");

static Err damaged(ErrSlot *e, const char *what)
{
    return err_set(e, ERR_INVALID, "nlu.model_damaged", "the model file is damaged: %s", what);
}

static void digest_of(Str file, uint8_t ret[DIGEST_BYTES])
{
    static const uint8_t none[DIGEST_BYTES] = {0};
    crypto_hash_sha256_state s;
    const uint8_t *p = (const uint8_t *)file.p;
    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, p, DIGEST_AT);
    crypto_hash_sha256_update(&s, none, DIGEST_BYTES);
    crypto_hash_sha256_update(&s, p + DIGEST_AT + DIGEST_BYTES, file.n - DIGEST_AT - DIGEST_BYTES);
    crypto_hash_sha256_final(&s, ret);
}

/* A table of n cells lies inside the file, at a place that its type can be read from. */
static const void *table(Str file, uint32_t at, uint64_t n, uint64_t size)
{
    uint64_t bytes = n * size; /* n < 2^23, size <= 64 */
    if (at % 16 || at < HEAD_BYTES || at > file.n || bytes > file.n - at)
        return NULL;
    return file.p + at;
}

static Err open_side(NluWeightSide *s, ErrSlot *e, Str file, uint32_t at)
{
    FileSide f;
    const void *p = table(file, at, 1, sizeof f);
    if (!p)
        return damaged(e, "a side lies outside");
    memcpy(&f, p, sizeof f);
    if (f.rows == 0 || f.rows > ROWS_MAX || f.slot_bits < 1 || f.slot_bits > 23 || f.head_n == 0 ||
        f.head_n > NLU_HEAD_MAX || f.stride <= f.head_n || f.stride > 64)
        return damaged(e, "impossible sizes");
    uint32_t slots = 1u << f.slot_bits;
    *s = (NluWeightSide){.rows = f.rows, .stride = f.stride, .mask = slots - 1, .head_n = f.head_n};
    s->heads = table(file, f.heads_at, f.head_n, sizeof(NluHead));
    s->slots = table(file, f.slots_at, slots, sizeof(NluWeightSlot));
    s->row = table(file, f.rows_at, f.rows, f.stride);
    if (!s->heads || !s->slots || !s->row)
        return damaged(e, "a table lies outside");
    uint32_t used = 0;
    for (uint32_t i = 0; i < slots; i++) {
        if (s->slots[i].row > f.rows)
            return damaged(e, "a feature without a row");
        used += s->slots[i].row != 0;
    }
    if (used > slots / 4 * 3 + 1) /* a search must end soon */
        return damaged(e, "its table of features is too full");
    for (uint32_t i = 0; i < f.head_n; i++) {
        const NluHead *h = &s->heads[i];
        if (!memchr(h->name, 0, sizeof h->name) || !isfinite(h->scale) || !isfinite(h->a) ||
            !isfinite(h->b) || !isfinite(h->threshold))
            return damaged(e, "a head is no head");
    }
    return ERR_OK;
}

Err nlu_weights_open(NluWeights *w, ErrSlot *e, Str file)
{
    FileHead h;
    uint8_t digest[DIGEST_BYTES];
    *w = (NluWeights){.bytes = file.n};
    if (file.n < sizeof h || memcmp(file.p, MAGIC, sizeof MAGIC) != 0)
        return damaged(e, "it does not begin like one");
    if ((uintptr_t)file.p % 16)
        return damaged(e, "it lies askew in memory");
    memcpy(&h, file.p, sizeof h);
    if (h.version != NLU_WEIGHTS_VERSION)
        return err_set(e, ERR_INVALID, "nlu.model_version",
                       "the model file has version %u, this program reads %d", h.version,
                       NLU_WEIGHTS_VERSION);
    if (h.bytes != file.n || h.sides != NLU_WEIGHTS_SIDES)
        return damaged(e, "its length is not what it says");
    digest_of(file, digest);
    if (memcmp(digest, h.digest, sizeof digest) != 0)
        return damaged(e, "its checksum is wrong");
    w->seed = h.seed;
    w->plain = h.plain != 0;
    for (size_t i = 0; i < 8; i++)
        snprintf(w->digest + 2 * i, 3, "%02x", digest[i]);
    Err err = ERR_OK;
    for (size_t i = 0; i < NLU_WEIGHTS_SIDES && !err; i++)
        err = open_side(&w->side[i], e, file, h.side_at[i]);
    return err;
}

int nlu_weights_head(const NluWeightSide *s, const char *name)
{
    for (uint32_t i = 0; i < s->head_n; i++)
        if (strcmp(s->heads[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* ---- packing */

static size_t up(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static void pack_rows(const NluWeightPart *p, char *heads_at, int8_t *row, size_t stride)
{
    for (size_t h = 0; h < p->head_n; h++) {
        float most = 0;
        for (size_t r = 0; r < p->rows; r++)
            most = fmaxf(most, fabsf(p->weights[r * p->head_n + h]));
        NluHead head = p->heads[h];
        head.scale = most > 0 ? most / 127 : 1;
        memcpy(heads_at + h * sizeof head, &head, sizeof head);
        for (size_t r = 0; r < p->rows; r++)
            row[r * stride + h] = (int8_t)lrintf(p->weights[r * p->head_n + h] / head.scale);
    }
    for (size_t r = 0; r < p->rows; r++)
        row[r * stride + stride - 1] = (int8_t)p->idf[r];
}

Str nlu_weights_pack(const NluWeightPart part[NLU_WEIGHTS_SIDES], uint32_t seed, bool plain)
{
    FileHead head = {
        .version = NLU_WEIGHTS_VERSION, .seed = seed, .sides = NLU_WEIGHTS_SIDES, .plain = plain};
    FileSide side[NLU_WEIGHTS_SIDES];
    memcpy(head.magic, MAGIC, sizeof MAGIC);
    size_t at = sizeof head;
    for (size_t i = 0; i < NLU_WEIGHTS_SIDES; i++) {
        const NluWeightPart *p = &part[i];
        uint32_t bits = 1;
        while ((1u << bits) < p->rows * 3 / 2 + 1)
            bits++;
        uint32_t stride = (uint32_t)((p->head_n + 1 + 15) / 16 * 16);
        head.side_at[i] = (uint32_t)at;
        side[i] = (FileSide){.rows = (uint32_t)p->rows,
                             .slot_bits = bits,
                             .stride = stride,
                             .head_n = (uint32_t)p->head_n};
        at = up(at + sizeof side[i]);
        side[i].heads_at = (uint32_t)at;
        at = up(at + p->head_n * sizeof(NluHead));
        side[i].slots_at = (uint32_t)at;
        at = up(at + ((size_t)1 << bits) * sizeof(NluWeightSlot));
        side[i].rows_at = (uint32_t)at;
        at = up(at + p->rows * stride);
    }
    head.bytes = (uint32_t)at;
    char *file = aligned_alloc(ALIGN, at);
    ASSERT(file != NULL);
    memset(file, 0, at);
    memcpy(file, &head, sizeof head);
    for (size_t i = 0; i < NLU_WEIGHTS_SIDES; i++) {
        const NluWeightPart *p = &part[i];
        memcpy(file + head.side_at[i], &side[i], sizeof side[i]);
        pack_rows(p, file + side[i].heads_at, (int8_t *)(file + side[i].rows_at), side[i].stride);
        uint32_t mask = (1u << side[i].slot_bits) - 1;
        for (uint32_t r = 0; r < p->rows; r++) {
            NluWeightSlot slot = {.key = p->keys[r], .row = r + 1}, there;
            for (uint32_t k = slot.key & mask;; k = (k + 1) & mask) {
                char *cell = file + side[i].slots_at + k * sizeof slot;
                memcpy(&there, cell, sizeof there);
                if (there.row)
                    continue;
                memcpy(cell, &slot, sizeof slot);
                break;
            }
        }
    }
    digest_of((Str){file, at}, (uint8_t *)file + DIGEST_AT);
    return (Str){file, at};
}
