/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_REPLAY_TALLY_H
#define APP_CLI_REPLAY_TALLY_H
/*
 * ReplayTally: the counts and times of a replay, its summary, and the journal of acknowledgements.
 * The journal is the client's own truth for the crash test: a line is written before anything else
 * happens with an acknowledgement.
 */
#include "base/buf.h"
#include "base/err.h"

#include <stdio.h>

typedef struct {
    double *ms; /* owned */
    size_t n, size;
} TallyTimes;

typedef struct {
    int64_t conversations, sent, acked, lost, duplicated, out_of_order, blocked, guard_warned,
        refused, retries, reconnects;
    TallyTimes ack, push;
    FILE *journal; /* owned; NULL: none */
    int faults_told;
} ReplayTally;

void tally_init(ReplayTally *t);
void tally_finish(ReplayTally *t);
Err tally_journal_open(ReplayTally *t, ErrSlot *e, const char *path) WARN_UNUSED;
/* {"id","conversation","seq","role","client_id","sha256"} and a new line */
void tally_journal_line(ReplayTally *t, Str row_id, int64_t conversation, int64_t seq, bool agent,
                        const char *client_id, Str text);
void tally_time(TallyTimes *t, double ms);
double tally_percentile(TallyTimes *t, double share); /* sorts; 0 when empty */
/* One line on stderr for a fault; the first fifty are told, the rest only counted. Never message
 * text. */
void tally_fault(ReplayTally *t, const char *kind, Str row_id, int64_t conversation,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
bool tally_clean(const ReplayTally *t);
void tally_summary(ReplayTally *t, double seconds, Buf *out);
#endif
