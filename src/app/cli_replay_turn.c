/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to one turn: acknowledged, arrived at the other side, refused. */
#include "app/cli_replay_engine.h"

#include "base/clock.h"

#include <inttypes.h>

/* "<run>-<row>-<turn>" -> row and turn; false for another run's id. */
static bool parse_client_id(const Replay *r, Str id, int64_t *ret_row, int64_t *ret_turn)
{
    Str run = str_cut(&id, '-');
    Str row = str_cut(&id, '-');
    return str_is(run, r->run) && str_i64(row, ret_row) && str_i64(id, ret_turn);
}

ReplayLane *lane_of_client_id(Replay *r, Str client_id)
{
    int64_t row, turn;
    if (!parse_client_id(r, client_id, &row, &turn))
        return NULL;
    for (size_t i = 0; i < r->lanes_n; i++)
        if (r->lanes[i].state != LANE_FREE && r->lanes[i].number == row)
            return &r->lanes[i];
    return NULL;
}

ReplayTurn *lane_turn(ReplayLane *l, Str client_id)
{
    for (size_t i = 0; client_id.n && i < l->turns_n; i++)
        if (str_is(client_id, l->turns[i].client_id))
            return &l->turns[i];
    return NULL;
}

void lane_bind(Replay *r, ReplayLane *l, int64_t conversation)
{
    l->conversation = conversation;
    map_put(&r->by_conversation, conversation, l);
    desk_claim_strays(r, conversation);
}

static double since_ms(int64_t now, int64_t then)
{
    return (double)(now - then) / 1e6;
}

/* The other side's copy is there: is it the same, byte for byte? */
static void check_delivered(Replay *r, ReplayLane *l, ReplayTurn *t, int64_t now)
{
    Str text;
    if (!t->acked_ns || t->delivered ||
        !track_seen(t->agent ? &l->visitor : &l->agent, t->seq, &text))
        return;
    t->delivered = true;
    r->progress_ns = now;
    if (!str_eq(text, t->text)) {
        r->tally.lost++;
        tally_fault(&r->tally, "lost", l->row.id, l->conversation,
                    "seq %" PRId64 " arrived with other bytes (%zu, sent %zu)", t->seq, text.n,
                    t->text.n);
    }
}

void lane_acked(Replay *r, ReplayLane *l, Str client_id, int64_t seq)
{
    ReplayTurn *t = lane_turn(l, client_id);
    if (!t)
        return;
    int64_t now = clock_steady_ns();
    if (++t->acks > t->sends) {
        r->tally.duplicated++;
        tally_fault(&r->tally, "duplicated", l->row.id, l->conversation,
                    "seq %" PRId64 " acknowledged %d times for %d sends", seq, t->acks, t->sends);
    }
    if (t->acked_ns) {
        if (t->seq != seq) {
            r->tally.duplicated++;
            tally_fault(&r->tally, "duplicated", l->row.id, l->conversation,
                        "one client_id acknowledged as seq %" PRId64 " and %" PRId64, t->seq, seq);
        }
        return;
    }
    t->seq = seq;
    t->acked_ns = now;
    t->resend_ns = 0;
    r->progress_ns = now;
    r->tally.acked++;
    tally_journal_line(&r->tally, l->row.id, l->conversation, seq, t->agent, t->client_id, t->text);
    tally_time(&r->tally.ack, since_ms(now, t->first_ns));
    track_own(t->agent ? &l->agent : &l->visitor, seq, t->text);
    size_t at = (size_t)(t - l->turns);
    for (size_t i = 0; i < l->turns_n; i++) {
        if (l->turns[i].seq &&
            ((i < at && l->turns[i].seq > seq) || (i > at && l->turns[i].seq < seq))) {
            r->tally.out_of_order++;
            tally_fault(&r->tally, "out_of_order", l->row.id, l->conversation,
                        "turn %zu is seq %" PRId64 " but turn %zu is seq %" PRId64, at + 1, seq,
                        i + 1, l->turns[i].seq);
            break;
        }
    }
    check_delivered(r, l, t, now);
}

void lane_arrived(Replay *r, ReplayLane *l, bool at_agent, const Json *message)
{
    int64_t now = clock_steady_ns();
    int64_t seq = json_i64(message, "seq", 0);
    ReplayTrack *track = at_agent ? &l->agent : &l->visitor;
    const char *side = at_agent ? "agent" : "visitor";
    Str role = json_str(message, "role");
    Str text = json_str(message, "text");
    if (str_is(role, "system") && str_is(text, "conversation.closed")) {
        l->closed_agent |= at_agent;
        l->closed_visitor |= !at_agent;
    }
    switch (track_arrive(track, seq, str_dup(l->arena, text))) {
    case TRACK_NEW:
    case TRACK_AGAIN:
        break;
    case TRACK_DUPLICATE:
        r->tally.duplicated++;
        tally_fault(&r->tally, "duplicated", l->row.id, l->conversation,
                    "seq %" PRId64 " reached the %s twice", seq, side);
        return;
    case TRACK_LATE:
        r->tally.out_of_order++;
        tally_fault(&r->tally, "out_of_order", l->row.id, l->conversation,
                    "seq %" PRId64 " reached the %s after seq %" PRId64, seq, side, track->max);
        break;
    case TRACK_BAD:
        r->tally.refused++;
        tally_fault(&r->tally, "refused", l->row.id, l->conversation,
                    "a message without a possible seq reached the %s", side);
        return;
    }
    /* Which turn is it? Known by seq once acknowledged; before that by place: the first of the
     * other side still on its way. */
    for (size_t i = 0; i < l->next; i++) {
        ReplayTurn *t = &l->turns[i];
        if (t->agent == at_agent || t->given_up)
            continue;
        if (t->timed && !t->delivered && (t->acked_ns ? t->seq == seq : str_eq(t->text, text))) {
            tally_time(&r->tally.push, since_ms(now, t->first_ns));
            t->timed = false;
            check_delivered(r, l, t, now);
            return;
        }
        check_delivered(r, l, t, now);
    }
}

void lane_refused(Replay *r, ReplayLane *l, ReplayTurn *t, Str code, int64_t retry_after_ms)
{
    int64_t now = clock_steady_ns();
    if (t && !t->acked_ns && retry_after_ms > 0) {
        t->resend_ns = now + retry_after_ms * 1000000;
        r->tally.retries++;
        r->progress_ns = now; /* told to wait: that is an answer */
        return;
    }
    if (!t &&
        retry_after_ms > 0) { /* a hello at a bad moment: the socket is closed, and opened anew */
        r->tally.retries++;
        r->progress_ns = now;
        return;
    }
    /* Between the loss of a conversation and the frame that says so an agent may still write: try
     * again once it is back. */
    if (t && !t->acked_ns && t->agent && t->sends < 50 &&
        (str_starts(code, STR("conversation.")) && !str_is(code, "conversation.closed"))) {
        t->resend_ns = now + 200 * 1000000;
        r->tally.retries++;
        return;
    }
    r->tally.refused++;
    tally_fault(&r->tally, "refused", l->row.id, l->conversation, "%s turn: %.*s",
                t ? (t->agent ? "agent" : "user") : "no", STR_ARG(code));
    if (t && !t->acked_ns)
        t->given_up = true;
}
