/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_track.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

void track_init(ReplayTrack *t)
{
    *t = (ReplayTrack){0};
}

void track_finish(ReplayTrack *t)
{
    free(t->slots);
    *t = (ReplayTrack){0};
}

static TrackSlot *slot(ReplayTrack *t, int64_t seq)
{
    size_t need = (size_t)seq + 1;
    if (need > t->size) {
        size_t size = t->size ? t->size : 64;
        while (size < need)
            size *= 2;
        TrackSlot *grown = realloc(t->slots, size * sizeof *grown);
        ASSERT(grown);
        memset(grown + t->size, 0, (size - t->size) * sizeof *grown);
        t->slots = grown;
        t->size = size;
    }
    return &t->slots[seq];
}

TrackVerdict track_arrive(ReplayTrack *t, int64_t seq, Str text)
{
    if (seq < 1 || seq > TRACK_MAX_SEQ)
        return TRACK_BAD;
    TrackSlot *s = slot(t, seq);
    if (s->seen) {
        if (s->quiet) { /* the echo of an own message: once */
            s->quiet = false;
            return TRACK_AGAIN;
        }
        if (!s->may_come_again)
            return TRACK_DUPLICATE;
        s->may_come_again = false;
        return TRACK_AGAIN;
    }
    s->seen = true;
    s->text = text;
    s->may_come_again = t->rereading;
    if (seq < t->max)
        return t->rereading ? TRACK_NEW : TRACK_LATE;
    t->max = seq;
    return TRACK_NEW;
}

void track_own(ReplayTrack *t, int64_t seq, Str text)
{
    if (seq < 1 || seq > TRACK_MAX_SEQ)
        return;
    TrackSlot *s = slot(t, seq);
    if (s->seen)
        return;
    s->seen = true;
    s->quiet = true;
    s->text = text;
    s->may_come_again = t->rereading;
    if (seq > t->max)
        t->max = seq;
}

void track_reread(ReplayTrack *t, int64_t after)
{
    t->rereading = true;
    for (int64_t seq = after + 1; seq <= t->max; seq++)
        if (slot(t, seq)->seen)
            slot(t, seq)->may_come_again = true;
}

void track_reread_done(ReplayTrack *t)
{
    t->rereading = false;
    for (size_t i = 0; i < t->size; i++)
        t->slots[i].may_come_again = false;
}

bool track_seen(const ReplayTrack *t, int64_t seq, Str *ret_text)
{
    if (seq < 1 || (size_t)seq >= t->size || !t->slots[seq].seen)
        return false;
    if (ret_text)
        *ret_text = t->slots[seq].text;
    return true;
}

int64_t track_contiguous(const ReplayTrack *t)
{
    int64_t seq = 0;
    while (track_seen(t, seq + 1, NULL))
        seq++;
    return seq;
}
