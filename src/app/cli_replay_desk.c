/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's side: one log-in, one desk socket, all conversations. */
#include "app/cli_replay_engine.h"

#include "base/assert.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STRAYS_MAX = 20000, STRAY_AGE_S = 60, ACTIVE_EVERY_S = 60, HELLO_BYTES = 12000 };
static const int64_t SECOND = 1000000000;

/* Forgets frames that no lane claimed. */
static void drop_strays(Replay *r, int64_t older_than_ns)
{
    while (r->strays && r->strays->at_ns <= older_than_ns) {
        ReplayStray *s = r->strays;
        r->strays = s->next;
        free(s);
        r->strays_n--;
    }
    if (!r->strays)
        r->strays_tail = &r->strays;
}

static void go_down(Replay *r, const char *why)
{
    ReplayDesk *d = &r->desk;
    int64_t now = clock_steady_ns();
    wire_close(d->wire);
    d->wire = NULL;
    d->state = DESK_PAUSE;
    d->down_since_ns = now;
    d->wake_ns = now + replay_pause(&d->pause_ns);
    if (d->ever_up)
        r->tally.reconnects++;
    fprintf(stderr, "replay: the agent's socket is gone (%s)\n", why);
    for (size_t i = 0; i < r->lanes_n; i++)
        r->lanes[i].assigned = r->lanes[i].watched = false;
    drop_strays(r, now); /* the next socket tells everything anew */
}

static bool desk_send(Replay *r, Str text)
{
    if (r->desk.wire && wire_send(r->desk.wire, text))
        return true;
    if (r->desk.wire)
        go_down(r, "write failed");
    return false;
}

bool desk_send_turn(Replay *r, ReplayLane *l, ReplayTurn *t, int64_t now)
{
    Buf b;
    buf_init(&b, r->scratch, 1u << 20);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("send"));
    jw_kid(&w, "conversation", l->conversation);
    jw_kstr(&w, "client_id", str_of(t->client_id));
    jw_kstr(&w, "kind", STR("text"));
    jw_kstr(&w, "text", t->text);
    if (t->guard_rules.n)
        jw_kraw(&w, "guard_seen", t->guard_rules);
    jw_obj_end(&w);
    if (!t->first_ns)
        t->timed = l->state == LANE_TALK;
    lane_turn_sent(t, now);
    return desk_send(r, buf_str(&b));
}

/* Says where each conversation stands, so that a new socket goes on from there. */
static void hello(Replay *r)
{
    Buf b;
    buf_init(&b, r->scratch, 16000);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("hello"));
    jw_key(&w, "after");
    jw_obj(&w);
    for (size_t i = 0; i < r->lanes_n && b.n < HELLO_BYTES; i++) {
        ReplayLane *l = &r->lanes[i];
        int64_t after = l->conversation ? track_contiguous(&l->agent) : 0;
        if (!after)
            continue;
        jw_ki64(&w, str_fmt(r->scratch, "%" PRId64, l->conversation).p, after);
        track_reread(&l->agent, after);
    }
    jw_obj_end(&w);
    jw_obj_end(&w);
    desk_send(r, buf_str(&b));
}

/* The conversation is ours: read what was said before, then live. */
static void watch(Replay *r, ReplayLane *l)
{
    int64_t after = track_contiguous(&l->agent);
    l->watched = true;
    track_reread(&l->agent, after);
    desk_send(r,
              str_fmt(r->scratch,
                      "{\"type\":\"watch\",\"conversation\":\"%" PRId64 "\",\"after\":%" PRId64 "}",
                      l->conversation, after));
}

static void on_row(Replay *r, ReplayLane *l, const Json *row)
{
    int64_t assignee;
    bool closed = str_is(json_str(row, "status"), "closed");
    bool mine = json_id(json_get(row, "assignee"), "id", &assignee) && assignee == r->desk.me;
    l->closed_agent |= closed;
    if (mine && !closed && !l->assigned) {
        l->assigned = true;
        l->assigned_ns = r->progress_ns = clock_steady_ns();
        if (!l->watched)
            watch(r, l);
    } else if (!mine || closed) {
        l->assigned = false;
        l->watched &= mine;
    }
}

static void on_guard(Replay *r, ReplayLane *l, const Json *f)
{
    ReplayTurn *t = lane_turn(l, json_str(f, "client_id"));
    if (!t || t->acked_ns || t->given_up)
        return;
    bool block = false;
    Buf b;
    buf_init(&b, l->arena, 8192);
    JsonW w;
    jw_init(&w, &b);
    jw_arr(&w);
    for (const Json *hit = json_first(json_get(f, "hits")); hit; hit = json_next(hit)) {
        block |= !str_is(json_str(hit, "level"), "warn"); /* or approve: the replay is an agent */
        jw_str(&w, json_str(hit, "rule"));
    }
    jw_arr_end(&w);
    if (block || t->guard_rules.n) {
        r->tally.blocked++;
        t->given_up = true;
        Str rules = buf_str(&b);
        tally_fault(&r->tally, "blocked", l->row.id, l->conversation, "agent turn: %.*s",
                    STR_ARG(rules));
        return;
    }
    r->tally.guard_warned++;
    t->guard_rules = buf_str(&b);
    t->resend_ns = clock_steady_ns();
}

static void on_welcome(Replay *r, const Json *f, int64_t now)
{
    ReplayDesk *d = &r->desk;
    const Json *me = json_get(f, "me");
    if (!json_id(me, "id", &d->me)) {
        r->failed = true;
        err_set(&r->err, ERR_UPSTREAM, "replay.desk", "the desk's welcome does not say who we are");
        return;
    }
    if (!d->ever_up && json_i64(me, "open", 0) > 0)
        fprintf(stderr, "replay: the agent already has %" PRId64 " open conversations of others\n",
                json_i64(me, "open", 0));
    d->state = DESK_UP;
    d->ever_up = true;
    d->up_ns = d->active_ns = r->progress_ns = now;
    d->pause_ns = 0;
    if (!str_is(json_str(me, "status"), "online"))
        desk_send(r, STR("{\"type\":\"status\",\"status\":\"online\"}"));
    for (size_t i = 0; i < r->lanes_n; i++) {
        ReplayLane *l = &r->lanes[i];
        for (size_t k = 0; l->state != LANE_FREE && k < l->next; k++) {
            ReplayTurn *t = &l->turns[k];
            if (t->agent && !t->acked_ns && !t->given_up) {
                t->resend_ns = now; /* the same client_id: stored once */
                r->tally.retries++;
            }
        }
    }
}

static void keep_stray(Replay *r, int64_t conversation, Str text)
{
    if (r->strays_n >= STRAYS_MAX)
        return;
    ReplayStray *s = malloc(sizeof *s + text.n);
    ASSERT(s);
    *s = (ReplayStray){.conversation = conversation, .at_ns = clock_steady_ns(), .n = text.n};
    memcpy(s->text, text.p, text.n);
    *r->strays_tail = s;
    r->strays_tail = &s->next;
    r->strays_n++;
}

void desk_claim_strays(Replay *r, int64_t conversation)
{
    ReplayStray *mine = NULL, **mine_tail = &mine;
    for (ReplayStray **at = &r->strays; *at;) {
        ReplayStray *s = *at;
        if (s->conversation != conversation) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        s->next = NULL;
        *mine_tail = s;
        mine_tail = &s->next;
        r->strays_n--;
    }
    r->strays_tail = &r->strays;
    while (*r->strays_tail)
        r->strays_tail = &(*r->strays_tail)->next;
    while (mine) {
        ReplayStray *s = mine;
        mine = s->next;
        desk_frame(r, (Str){s->text, s->n});
        free(s);
    }
}

/* Does the server count us among those who look at it? */
static bool names_me(const Replay *r, const Json *presence)
{
    for (const Json *u = json_first(json_get(presence, "users")); u; u = json_next(u)) {
        int64_t id;
        if (json_id(u, "id", &id) && id == r->desk.me)
            return true;
    }
    return false;
}

static void dispatch(Replay *r, ReplayLane *l, Str type, const Json *f)
{
    if (str_is(type, "message")) {
        lane_arrived(r, l, true, json_get(f, "message"));
    } else if (str_is(type, "conversation")) {
        on_row(r, l, json_get(f, "row"));
    } else if (str_is(type, "ack")) {
        lane_acked(r, l, json_str(f, "client_id"), json_i64(f, "seq", 0));
    } else if (str_is(type, "guard")) {
        on_guard(r, l, f);
    } else if (str_is(type, "presence") && names_me(r, f)) {
        track_reread_done(&l->agent); /* others' presence may come before what was asked for */
    }
}

void desk_frame(Replay *r, Str text)
{
    ErrSlot e = {0};
    const Json *f;
    if (json_parse(r->scratch, &e, text, &f)) {
        r->tally.refused++;
        tally_fault(&r->tally, "refused", STR_NONE, 0, "a frame to the agent is not JSON: %s",
                    e.text);
        return;
    }
    Str type = json_str(f, "type");
    if (str_is(type, "welcome")) {
        on_welcome(r, f, clock_steady_ns());
        return;
    }
    if (str_is(type, "error")) {
        ReplayLane *l = lane_of_client_id(r, json_str(f, "client_id"));
        if (l)
            lane_refused(r, l, lane_turn(l, json_str(f, "client_id")), json_str(f, "code"),
                         json_i64(f, "retry_after_ms", 0));
        else if (json_i64(f, "retry_after_ms", 0) == 0)
            tally_fault(&r->tally, "desk error", STR_NONE, 0, "%.*s", STR_ARG(json_str(f, "code")));
        return;
    }
    int64_t id = 0;
    if (!json_id(f, "conversation", &id) && !json_id(json_get(f, "message"), "conversation", &id))
        json_id(json_get(f, "row"), "id", &id);
    if (!id)
        return;
    ReplayLane *l = map_get(&r->by_conversation, id);
    if (l)
        dispatch(r, l, type, f);
    else if (str_is(type, "message") || str_is(type, "conversation") || str_is(type, "presence"))
        keep_stray(r, id, text);
}

void desk_read(Replay *r)
{
    int code = 0;
    while (r->desk.wire) {
        Str text;
        ArenaMark mark = arena_mark(r->scratch);
        WireRead got = wire_read(r->desk.wire, r->scratch, &text, &code);
        if (got == WIRE_TEXT)
            desk_frame(r, text);
        arena_release(r->scratch, mark);
        if (got == WIRE_NOTHING)
            return;
        if (got == WIRE_CLOSED && r->desk.wire) {
            char why[32];
            snprintf(why, sizeof why, "code %d", code);
            go_down(r, why);
        }
    }
}

void desk_job_done(Replay *r)
{
    ReplayDesk *d = &r->desk;
    ReplayJob *job = &d->job;
    int64_t now = clock_steady_ns();
    if (job->ret_cookie.n) {
        arena_reset(d->keep);
        d->cookie = str_dup(d->keep, job->ret_cookie);
        d->csrf = str_dup(d->keep, job->ret_csrf);
    }
    if (!job->err) {
        d->wire = job->wire;
        d->state = DESK_HELLO;
        d->up_ns = now;
        hello(r);
        return;
    }
    bool had_cookie = job->cookie.n > 0;
    if (job->status == 401 && had_cookie) {
        d->cookie = STR_NONE; /* log in anew */
    } else if (job->status / 100 == 4 && job->status != 429) {
        r->failed = true;
        r->err = job->slot;
        return;
    }
    int64_t pause = replay_pause(&d->pause_ns);
    if (job->retry_after_ms * 1000000 > pause)
        pause = job->retry_after_ms * 1000000;
    if (job->status == 429 || job->status == 503)
        d->down_since_ns = now;
    d->state = DESK_PAUSE;
    d->wake_ns = now + pause;
    replay_outage(r, d->down_since_ns, job->slot.text);
}

void desk_step(Replay *r, int64_t now)
{
    ReplayDesk *d = &r->desk;
    switch (d->state) {
    case DESK_PAUSE:
        if (now < d->wake_ns)
            break;
        d->state = DESK_OPENING;
        if (!d->job.arena)
            d->job.arena = arena_create(4u << 20);
        arena_reset(d->job.arena);
        d->job.kind = JOB_DESK;
        d->job.lane = -1;
        d->job.cookie = str_dup(d->job.arena, d->cookie);
        jobs_put(r->jobs, &d->job);
        break;
    case DESK_OPENING:
        break;
    case DESK_HELLO:
        if (now - d->up_ns > replay_wait_ns(r))
            go_down(r, "no welcome");
        break;
    case DESK_UP:
        if (now - d->active_ns > ACTIVE_EVERY_S * SECOND) {
            d->active_ns = now;
            desk_send(r, STR("{\"type\":\"active\"}"));
        }
        drop_strays(r, now - STRAY_AGE_S * SECOND);
        break;
    }
}
