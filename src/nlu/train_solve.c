/* SPDX-License-Identifier: Apache-2.0 */
/* Dual coordinate descent, all labels of a side in one pass over the rows. */
#include "nlu/train_internal.h"
#include "base/assert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STRIDE_MAX = 64 };

/* Rare labels count more, so that they are not drowned: a compromise between one for one and full
 * balance. */
static void costs(const NluTrainSet *s, const uint8_t *use, double c, float *positive)
{
    for (size_t h = 0; h < s->heads; h++) {
        double yes = 0, no = 0;
        for (size_t i = 0; i < s->n; i++) {
            int8_t l = s->label[i * s->stride + h];
            yes += use[i] && l > 0;
            no += use[i] && l < 0;
        }
        double w = yes > 0 ? sqrt(no / yes) : 1;
        double most = s->role == NLU_CUSTOMER && h >= H_INTENT && h < H_STAGE ? 3 : 4;
        positive[h] = (float)(c * (w < 1 ? 1 : w > most ? most : w));
    }
}

static void step(const NluTrainSet *s, size_t i, const float *positive, float negative, float norm,
                 float *alpha, float *w)
{
    size_t stride = s->stride;
    float margin[STRIDE_MAX] = {0}, delta[STRIDE_MAX] = {0};
    const int8_t *label = s->label + i * stride;
    for (size_t c = s->from[i]; c < s->from[i + 1]; c++) {
        const float *row = w + (size_t)s->key[c] * stride;
        float v = s->value[c];
        for (size_t h = 0; h < stride; h++)
            margin[h] += v * row[h];
    }
    bool any = false;
    for (size_t h = 0; h < s->heads; h++) {
        if (!label[h])
            continue;
        float y = label[h], cost = y > 0 ? positive[h] : negative;
        float diagonal = 1 / (2 * cost), gradient = y * margin[h] - 1 + alpha[h] * diagonal;
        if (alpha[h] <= 0 && gradient >= 0)
            continue;
        float next = alpha[h] - gradient / (norm + diagonal);
        next = next < 0 ? 0 : next;
        delta[h] = (next - alpha[h]) * y;
        alpha[h] = next;
        any = any || delta[h] != 0;
    }
    if (!any)
        return;
    for (size_t c = s->from[i]; c < s->from[i + 1]; c++) {
        float *row = w + (size_t)s->key[c] * stride;
        float v = s->value[c];
        for (size_t h = 0; h < stride; h++)
            row[h] += v * delta[h];
    }
}

void nlu_train_solve(const NluTrainSet *s, int without, const NluTrainOptions *o, float *w)
{
    float positive[STRIDE_MAX],
        negative = (float)(s->role == NLU_CUSTOMER ? o->c_customer : o->c_agent);
    uint8_t *use = calloc(s->n + 1, 1);
    float *alpha = calloc(s->n * s->stride + 1, sizeof *alpha),
          *norm = calloc(s->n + 1, sizeof *norm);
    uint32_t *order = calloc(s->n + 1, sizeof *order), n = 0;
    ASSERT(use && alpha && norm && order);
    ASSERT(s->stride <= STRIDE_MAX);
    for (size_t i = 0; i < s->n; i++) {
        use[i] = (int)s->fold[i] != without;
        if (!use[i])
            continue;
        order[n++] = (uint32_t)i;
        for (size_t c = s->from[i]; c < s->from[i + 1]; c++)
            norm[i] += s->value[c] * s->value[c];
    }
    costs(s, use, (double)negative, positive);
    memset(w, 0, s->columns * s->stride * sizeof *w);
    uint64_t random = (uint64_t)o->seed * 2654435761u + 12345;
    for (int e = 0; e < o->epochs; e++) {
        for (uint32_t i = n; i > 1; i--) {
            uint32_t k = (uint32_t)(nlu_train_random(&random) % i), other = order[i - 1];
            order[i - 1] = order[k];
            order[k] = other;
        }
        for (uint32_t i = 0; i < n; i++)
            step(s, order[i], positive, negative, norm[order[i]],
                 alpha + (size_t)order[i] * s->stride, w);
    }
    free(use);
    free(alpha);
    free(norm);
    free(order);
}

void nlu_train_score(const NluTrainSet *s, int fold, const float *w, float *ret)
{
    for (size_t i = 0; i < s->n; i++) {
        if ((int)s->fold[i] != fold)
            continue;
        float *score = ret + i * s->stride;
        memset(score, 0, s->stride * sizeof *score);
        for (size_t c = s->from[i]; c < s->from[i + 1]; c++) {
            const float *row = w + (size_t)s->key[c] * s->stride;
            for (size_t h = 0; h < s->stride; h++)
                score[h] += s->value[c] * row[h];
        }
    }
}
