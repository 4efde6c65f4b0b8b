/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_REPLAY_TRACK_H
#define APP_CLI_REPLAY_TRACK_H
/*
 * ReplayTrack: what one side has seen of one conversation, by seq. It judges each arrival on its
 * own: pure, no clock, no socket. A number may come twice only when the reader asked for it again
 * (track_reread).
 */
#include "base/str.h"

enum { TRACK_MAX_SEQ = 100000 };

typedef enum {
    TRACK_NEW,       /* as it should be */
    TRACK_AGAIN,     /* seen before, but asked for */
    TRACK_DUPLICATE, /* seen before */
    TRACK_LATE,      /* new, but after a higher number: out of order */
    TRACK_BAD        /* not a possible number */
} TrackVerdict;

typedef struct {
    Str text; /* borrowed from the conversation's arena; what came under this number */
    bool seen;
    bool may_come_again;
    bool quiet; /* known by the acknowledgement of an own message, not by a frame */
} TrackSlot;

typedef struct {
    TrackSlot *slots; /* owned */
    size_t size;
    int64_t max;    /* highest number seen */
    bool rereading; /* what arrives now may also come by the reread */
} ReplayTrack;

void track_init(ReplayTrack *t);
void track_finish(ReplayTrack *t);
TrackVerdict track_arrive(ReplayTrack *t, int64_t seq, Str text);
/* An own message was acknowledged under this number: its reader knows it without a frame. */
void track_own(ReplayTrack *t, int64_t seq, Str text);
/* The reader asks for everything after `after` again; until track_reread_done anything may come
 * once more. */
void track_reread(ReplayTrack *t, int64_t after);
void track_reread_done(ReplayTrack *t);
bool track_seen(const ReplayTrack *t, int64_t seq, Str *ret_text);
/* The highest number up to which nothing is missing. */
int64_t track_contiguous(const ReplayTrack *t);
#endif
