/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chances from scores: Platt's sigmoid, fitted by Newton's method with the targets that keep rare
 * labels modest (Lin, Lin, Weng 2007, "A note on Platt's probabilistic outputs"). Thresholds give
 * the best F1 on the same rows.
 */
#include "nlu/train_internal.h"
#include "base/assert.h"

#include <math.h>
#include <stdlib.h>

enum { ROUNDS = 60, FEW = 12 };
static const double BLAME_MIN = 0.5; /* who blames an agent should be surer than not */
/* The corpus has more talk before the order, and more joy, than desks have, so that both are
 * learnt: log odds. */
static const float PRE_LESS = 0.5f, PLEASED_LESS = 0.5f;

typedef struct {
    float score;
    bool yes;
} Point;

static void fit(const Point *p, size_t n, size_t yes, double *ret_a, double *ret_b)
{
    double high = ((double)yes + 1) / ((double)yes + 2), low = 1 / ((double)(n - yes) + 2);
    double a = 1, b = log(((double)yes + 1) / ((double)(n - yes) + 1));
    for (int r = 0; r < ROUNDS; r++) {
        double ga = 0, gb = 0, haa = 1e-6, hab = 0, hbb = 1e-6;
        for (size_t i = 0; i < n; i++) {
            double x = (double)p[i].score, z = a * x + b, q = 1 / (1 + exp(-z));
            double d = q - (p[i].yes ? high : low), v = q * (1 - q);
            ga += d * x;
            gb += d;
            haa += v * x * x;
            hab += v * x;
            hbb += v;
        }
        double det = haa * hbb - hab * hab;
        if (det < 1e-12)
            break;
        double da = (hbb * ga - hab * gb) / det, db = (haa * gb - hab * ga) / det;
        double most = fmax(fabs(da), fabs(db));
        if (most > 2) { /* not too far at once */
            da *= 2 / most;
            db *= 2 / most;
        }
        a -= da;
        b -= db;
        if (most < 1e-7)
            break;
    }
    *ret_a = a > 0.05 ? a : 0.05; /* never against its own score */
    *ret_b = b;
}

static int by_score(const void *x, const void *y)
{
    const Point *a = x, *b = y;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (int)b->yes - (int)a->yes;
}

static double best_threshold(Point *p, size_t n, size_t yes, double a, double b)
{
    if (yes < FEW)
        return 0.5;
    qsort(p, n, sizeof *p, by_score);
    double best = 0, at = 0;
    size_t hit = 0;
    for (size_t i = 0; i < n; i++) {
        hit += p[i].yes;
        double f1 = 2.0 * (double)hit / (double)(i + 1 + yes);
        if (f1 > best) {
            best = f1;
            at = (double)p[i].score;
        }
    }
    double t = 1 / (1 + exp(-(a * at + b)));
    return t < 0.15 ? 0.15 : t > 0.7 ? 0.7 : t;
}

/* ---- which of several */

/* Accuracy and macro-F1 together (and of feelings the F1 of bad or not), of choosing the likeliest
 * of heads first .. first + n. */
static double merit(const NluTrainSet *s, const float *scores, const NluHead *heads, size_t first,
                    size_t n)
{
    size_t hit[NLU_EMOTION_COUNT] = {0}, told[NLU_EMOTION_COUNT] = {0},
           truth[NLU_EMOTION_COUNT] = {0}, all = 0, right = 0, bad_hit = 0, bad_told = 0,
           bad_truth = 0;
    for (size_t i = 0; i < s->n; i++) {
        const int8_t *label = s->label + i * s->stride + first;
        if (s->copy[i] || s->made[i] || !label[0])
            continue;
        size_t best = 0, is = 0;
        float top = -INFINITY;
        for (size_t k = 0; k < n; k++) {
            float z = heads[first + k].a * scores[i * s->stride + first + k] + heads[first + k].b;
            if (z > top) {
                top = z;
                best = k;
            }
            is = label[k] > 0 ? k : is;
        }
        all++;
        right += best == is;
        bad_hit += best > NLU_PLEASED && is > NLU_PLEASED;
        bad_told += best > NLU_PLEASED;
        bad_truth += is > NLU_PLEASED;
        hit[is] += best == is;
        told[best]++;
        truth[is]++;
    }
    double f1 = 0;
    for (size_t k = 0; k < n; k++)
        f1 += told[k] + truth[k] ? 2.0 * (double)hit[k] / (double)(told[k] + truth[k]) : 0;
    double bad =
        first == H_EMOTION ? 0.6 * (double)bad_hit / (double)(bad_told + bad_truth + 1) : 0;
    return (double)right / (double)(all + 1) + f1 / (double)n + bad;
}

/* Moves the chances of labels that exclude each other so that the likeliest is right most often. */
static void balance(const NluTrainSet *s, const float *scores, NluHead *heads, size_t first,
                    size_t n)
{
    double best = merit(s, scores, heads, first, n);
    for (int round = 0; round < 3; round++)
        for (size_t k = 1; k < n; k++) {
            float from = heads[first + k].b, at = from;
            for (int step = -10; step <= 10; step++) {
                heads[first + k].b = from + 0.15f * (float)step;
                double m = merit(s, scores, heads, first, n);
                if (m > best + 1e-6) {
                    best = m;
                    at = heads[first + k].b;
                }
            }
            heads[first + k].b = at;
        }
}

void nlu_train_calibrate(const NluTrainSet *s, const float *scores, NluHead *heads)
{
    Point *p = malloc((s->n + 1) * sizeof *p);
    ASSERT(p != NULL);
    for (size_t h = 0; h < s->heads; h++) {
        size_t n = 0, yes = 0;
        for (size_t i = 0; i < s->n; i++) {
            int8_t l = s->label[i * s->stride + h];
            if (s->copy[i] || s->made[i] || !l)
                continue;
            p[n++] = (Point){scores[i * s->stride + h], l > 0};
            yes += l > 0;
        }
        double a = 1, b = 0, threshold = 0.5;
        fit(p, n, yes, &a, &b);
        if (s->role == NLU_AGENT || (h >= H_INTENSITY && h < H_INTENT))
            threshold = best_threshold(p, n, yes, a, b);
        if (s->role == NLU_AGENT && h == H_ANY_FAULT && threshold < BLAME_MIN)
            threshold = BLAME_MIN;
        heads[h].a = (float)a;
        heads[h].b = (float)b;
        heads[h].threshold = (float)threshold;
    }
    free(p);
    if (s->role == NLU_CUSTOMER) {
        balance(s, scores, heads, H_EMOTION, NLU_EMOTION_COUNT);
        balance(s, scores, heads, H_STAGE, NLU_STAGE_COUNT);
        heads[H_STAGE + NLU_PRE].b -= PRE_LESS;
        heads[H_EMOTION + NLU_PLEASED].b -= PLEASED_LESS;
    }
}
