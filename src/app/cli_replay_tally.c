/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_tally.h"

#include "base/assert.h"
#include "base/codec.h"
#include "base/json.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FAULTS_TOLD = 50 };

void tally_init(ReplayTally *t)
{
    *t = (ReplayTally){0};
}

void tally_finish(ReplayTally *t)
{
    if (t->journal)
        fclose(t->journal);
    free(t->ack.ms);
    free(t->push.ms);
    *t = (ReplayTally){0};
}

Err tally_journal_open(ReplayTally *t, ErrSlot *e, const char *path)
{
    t->journal = fopen(path, "a");
    if (!t->journal)
        return err_set(e, ERR_STORAGE, "replay.journal", "%s: %s", path, strerror(errno));
    return ERR_OK;
}

void tally_journal_line(ReplayTally *t, Str row_id, int64_t conversation, int64_t seq, bool agent,
                        const char *client_id, Str text)
{
    if (!t->journal)
        return;
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)text.p, text.n);
    Arena *a = arena_create(1u << 16);
    Buf b;
    buf_init(&b, a, 4096);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "id", row_id);
    jw_kid(&w, "conversation", conversation);
    jw_ki64(&w, "seq", seq);
    jw_kstr(&w, "role", agent ? STR("agent") : STR("user"));
    jw_kstr(&w, "client_id", str_of(client_id));
    jw_kstr(&w, "sha256", codec_hex(a, (Str){(const char *)hash, sizeof hash}));
    jw_obj_end(&w);
    Str line = buf_str(&b);
    fprintf(t->journal, "%.*s\n", STR_ARG(line));
    fflush(t->journal);
    arena_destroy(a);
}

void tally_time(TallyTimes *t, double ms)
{
    if (t->n == t->size) {
        t->size = t->size ? t->size * 2 : 4096;
        t->ms = realloc(t->ms, t->size * sizeof *t->ms);
        ASSERT(t->ms);
    }
    t->ms[t->n++] = ms;
}

static int by_size(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

double tally_percentile(TallyTimes *t, double share)
{
    if (t->n == 0)
        return 0;
    qsort(t->ms, t->n, sizeof *t->ms, by_size);
    size_t at = (size_t)(share * (double)t->n);
    return t->ms[at < t->n ? at : t->n - 1];
}

void tally_fault(ReplayTally *t, const char *kind, Str row_id, int64_t conversation,
                 const char *fmt, ...)
{
    if (t->faults_told++ >= FAULTS_TOLD)
        return;
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fprintf(stderr, "replay: %s: row %.*s, conversation %lld: %s\n", kind, STR_ARG(row_id),
            (long long)conversation, text);
}

bool tally_clean(const ReplayTally *t)
{
    return t->lost + t->duplicated + t->out_of_order + t->blocked + t->refused == 0;
}

static void put_times(JsonW *w, const char *key, TallyTimes *t)
{
    jw_key(w, key);
    jw_obj(w);
    jw_key(w, "p50");
    jw_f64(w, tally_percentile(t, 0.50));
    jw_key(w, "p99");
    jw_f64(w, tally_percentile(t, 0.99));
    jw_obj_end(w);
}

void tally_summary(ReplayTally *t, double seconds, Buf *out)
{
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_ki64(&w, "conversations", t->conversations);
    jw_ki64(&w, "sent", t->sent);
    jw_ki64(&w, "acked", t->acked);
    jw_ki64(&w, "lost", t->lost);
    jw_ki64(&w, "duplicated", t->duplicated);
    jw_ki64(&w, "out_of_order", t->out_of_order);
    jw_ki64(&w, "blocked", t->blocked);
    jw_ki64(&w, "guard_warned", t->guard_warned);
    jw_ki64(&w, "refused", t->refused);
    jw_ki64(&w, "retries", t->retries);
    jw_ki64(&w, "reconnects", t->reconnects);
    put_times(&w, "ack_ms", &t->ack);
    put_times(&w, "push_ms", &t->push);
    jw_key(&w, "seconds");
    jw_f64(&w, seconds);
    jw_obj_end(&w);
}
