/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_TRAIN_H
#define NLU_TRAIN_H
/*
 * Makes a model file from labelled conversations. Linear one-against-rest machines with squared
 * hinge loss, all labels of a side at once, by dual coordinate descent (Hsieh et al. 2008, "A Dual
 * Coordinate Descent Method for Large-scale Linear SVM", algorithm 1, L2-loss).
 *
 * Talks are put into folds so that no talk is in two of them, nor two messages that are nearly the
 * same (character pairs, Jaccard >= 0.7). Each fold is read by a model that has not seen it: so the
 * memory of the talk has the same errors in training as later, and chances are calibrated (Platt's
 * sigmoid) on what was not learnt.
 *
 * The same talks, lexicon and options give the same bytes. Takes seconds to minutes and some
 * hundred megabytes; says what it does through `say`.
 */
#include "nlu/measure.h"

typedef struct {
    uint32_t seed;
    int folds;  /* 2..10 */
    bool plain; /* only pieces of characters, no context: the yardstick */
    int epochs;
    double c_customer, c_agent; /* cost of an error; bigger fits closer */
    bool augment;               /* a second, misspelt copy of each message */
    void (*say)(const char *line);
} NluTrainOptions;

typedef struct {
    size_t talks, customer_rows, agent_rows; /* labelled messages */
    size_t clusters;                         /* groups of talks that share a near-duplicate */
    size_t features[2];                      /* by side, kept */
    NluMeasure dev;                          /* each fold read by the model that has not seen it */
} NluTrainReport;

NluTrainOptions nlu_train_defaults(void);
/* rules: a model of the lexicon, without weights. The file is malloc's, 64 bytes aligned; the
 * caller frees it. Codes: nlu.train_few. */
Err nlu_train(const NluModel *rules, const NluTalks *talks, const NluTrainOptions *o, ErrSlot *e,
              Str *ret_file, NluTrainReport *ret_report) WARN_UNUSED;
#endif
