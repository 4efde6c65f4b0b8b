/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_WEIGHTS_H
#define NLU_WEIGHTS_H
/*
 * A trained model's file: for each side of the talk a hash table of features, and for each feature
 * a row of whole numbers, one for each label ("head"). The file is used where it lies, so it may be
 * mapped; it must start at a multiple of 16 bytes and outlive the weights.
 *
 * Layout, all numbers little-endian:
 *   head, 128 bytes: magic "ZHIXINLU", version, bytes in all, hash seed, number of sides, a place
 *     for each side, whether it is plain, and at 64 the SHA-256 of the whole file with these 32
 * bytes as zero side: rows, log2 of the slots, row bytes, heads; then the places of its three
 * tables heads: name, scale, calibration a and b, threshold (64 bytes each) slots: {key, row + 1}
 * or {0, 0} rows: one signed byte a head; the last byte is the rarity of the feature (1/16 of its
 * idf)
 *
 * Refuses a file that is damaged, of another version, or that lacks a head that this program needs
 * (nlu.model_damaged, nlu.model_version): a wrong number inside can then give a wrong label, but
 * never a read outside the file.
 */
#include "base/err.h"
#include "base/str.h"

enum {
    NLU_WEIGHTS_VERSION = 1,
    NLU_WEIGHTS_SIDES = 2,
    NLU_HEAD_MAX = 63, /* rows have at most 64 bytes: one cache line */
    NLU_HEAD_NAME = 40,
    NLU_IDF_STEPS = 16
};

typedef struct {
    char name[NLU_HEAD_NAME];
    float scale;     /* of the row's numbers */
    float a, b;      /* chance of the label: 1 / (1 + exp(-(a * score + b))) */
    float threshold; /* of that chance, above which the label is given */
    float spare[2];
} NluHead;

typedef struct {
    uint32_t key, row; /* row + 1; 0: empty */
} NluWeightSlot;

typedef struct {
    uint32_t rows, stride, mask, head_n;
    const NluHead *heads;
    const NluWeightSlot *slots;
    const int8_t *row;
} NluWeightSide;

typedef struct {
    NluWeightSide side[NLU_WEIGHTS_SIDES]; /* by NluRole */
    uint32_t seed;
    bool plain;      /* the yardstick: only pieces of characters */
    char digest[17]; /* beginning of the checksum, in hexadecimal */
    size_t bytes;
} NluWeights;

/* What a packer puts into a side. */
typedef struct {
    const NluHead *heads; /* scale is set by the packer */
    size_t head_n, rows;
    const uint32_t *keys; /* one a row, all different */
    const uint8_t *idf;   /* one a row */
    const float *weights; /* rows x head_n */
} NluWeightPart;

Err nlu_weights_open(NluWeights *w, ErrSlot *e, Str file) WARN_UNUSED;
/* The file in one piece of malloc, owned by the caller. */
Str nlu_weights_pack(const NluWeightPart part[NLU_WEIGHTS_SIDES], uint32_t seed, bool plain);
int nlu_weights_head(const NluWeightSide *s, const char *name); /* -1: none */

/* The row of a feature; -1: it was not in the training. */
static inline int32_t nlu_weights_row(const NluWeightSide *s, uint32_t key)
{
    for (uint32_t i = key & s->mask, n = 0; n <= s->mask; n++, i = (i + 1) & s->mask) {
        if (!s->slots[i].row)
            return -1;
        if (s->slots[i].key == key)
            return (int32_t)s->slots[i].row - 1;
    }
    return -1;
}
#endif
