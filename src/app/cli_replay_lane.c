/* SPDX-License-Identifier: Apache-2.0 */
/* A lane's life: open a visitor, say hello, play the turns in order, close, look once more. */
#include "app/cli_replay_engine.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LINGER_MS = 2000 };
static const int64_t MS = 1000000;

static void begin_row(Replay *r, ReplayLane *l)
{
    arena_reset(l->arena);
    bool end;
    ErrSlot e = {0};
    Err err = source_next(r->source, l->arena, &e, &l->row, &end);
    if (err) {
        r->failed = true;
        r->err = e;
        return;
    }
    if (end || (r->o.limit && r->rows >= r->o.limit)) {
        r->source_end = true;
        return;
    }
    l->number = ++r->rows;
    l->turns_n = l->row.turns_n;
    l->turns = ARENA_ARRAY(l->arena, ReplayTurn, l->turns_n);
    for (size_t i = 0; i < l->turns_n; i++) {
        l->turns[i].agent = l->row.turns[i].agent;
        l->turns[i].text = l->row.turns[i].text;
        snprintf(l->turns[i].client_id, REPLAY_ID_MAX, "%s-%" PRId64 "-%zu", r->run, l->number, i);
    }
    l->next = 0;
    l->conversation = 0;
    l->token = STR_NONE;
    l->assigned = l->watched = l->started = l->closed_visitor = l->closed_agent = false;
    l->down_since_ns = clock_steady_ns();
    l->pause_ns = 0;
    track_init(&l->visitor);
    track_init(&l->agent);
    l->state = LANE_PAUSE;
    l->wake_ns = 0;
}

static void start_job(Replay *r, ReplayLane *l, JobKind kind)
{
    ReplayJob *job = &l->job;
    if (!job->arena)
        job->arena = arena_create(4u << 20);
    arena_reset(job->arena);
    job->kind = kind;
    job->lane = l->index;
    job->token = l->token;
    job->row_id = l->row.id;
    job->page_url =
        str_fmt(job->arena, "%s/demo?replay=%s-%" PRId64, r->target.url, r->run, l->number);
    job->cookie = str_dup(job->arena, r->desk.cookie);
    job->csrf = str_dup(job->arena, r->desk.csrf);
    job->conversation = l->conversation;
    jobs_put(r->jobs, job);
}

static void go_down(Replay *r, ReplayLane *l, int64_t pause_ns)
{
    wire_close(l->wire);
    l->wire = NULL;
    int64_t now = clock_steady_ns();
    l->down_since_ns = now;
    l->wake_ns = now + pause_ns;
    l->state = LANE_PAUSE;
    r->tally.reconnects++;
}

/* A lane that cannot go on: whatever was not delivered is lost. */
static void give_up(Replay *r, ReplayLane *l, const char *why)
{
    for (size_t i = 0; i < l->turns_n; i++) {
        ReplayTurn *t = &l->turns[i];
        if (t->given_up || (t->acked_ns && t->delivered))
            continue;
        t->given_up = true;
        r->tally.lost++;
    }
    tally_fault(&r->tally, "lost", l->row.id, l->conversation, "%s", why);
    wire_close(l->wire);
    l->wire = NULL;
    lane_finish(l);
}

void lane_finish(ReplayLane *l)
{
    wire_close(l->wire);
    l->wire = NULL;
    track_finish(&l->visitor);
    track_finish(&l->agent);
    l->state = LANE_FREE;
}

void lane_job_done(Replay *r, ReplayLane *l)
{
    ReplayJob *job = &l->job;
    int64_t now = clock_steady_ns();
    bool wait = job->status == 429 || job->status == 503;
    bool closing = job->kind == JOB_CLOSE;
    if (!job->err) {
        l->pause_ns = 0;
        if (closing) {
            l->state = LANE_LINGER;
            l->linger_ns = now;
            return;
        }
        l->wire = job->wire;
        if (job->ret_token.n)
            l->token = str_dup(l->arena, job->ret_token);
        int64_t after = l->visitor.max;
        Str hello =
            str_fmt(r->scratch, "{\"type\":\"hello\",\"token\":\"%.*s\",\"after\":%" PRId64 "}",
                    STR_ARG(l->token), after);
        l->state = LANE_HELLO;
        l->up_ns = now;
        if (!wire_send(l->wire, hello))
            go_down(r, l, replay_pause(&l->pause_ns));
        return;
    }
    bool broken = job->status == 0 || wait || job->status / 100 == 5;
    if (wait)
        r->tally.retries++;
    if (closing && job->status == 401 && !r->desk.job.running) {
        broken = true; /* the desk logs in again and the next try has a new session */
    } else if (closing && !broken) {
        if (job->status != 409) { /* 409: somebody closed it already */
            r->tally.refused++;
            tally_fault(&r->tally, "refused", l->row.id, l->conversation, "close: %s",
                        job->slot.text);
        }
        l->state = LANE_LINGER;
        l->linger_ns = now;
        l->closed_agent = l->closed_visitor = true;
        return;
    }
    if (!broken) {
        r->tally.refused++;
        give_up(r, l, job->slot.text);
        return;
    }
    int64_t pause = replay_pause(&l->pause_ns);
    if (job->retry_after_ms * MS > pause)
        pause = job->retry_after_ms * MS;
    l->wake_ns = now + pause;
    l->state = closing ? LANE_CLOSE_PAUSE : LANE_PAUSE;
    if (wait)
        l->down_since_ns = now; /* it is there, only busy */
    else
        replay_outage(r, l->down_since_ns, job->slot.text);
}

/* ---- sending ---- */

static bool settled(const ReplayTurn *t)
{
    return t->given_up || (t->acked_ns && t->delivered);
}

void lane_turn_sent(ReplayTurn *t, int64_t now)
{
    if (!t->first_ns)
        t->first_ns = now;
    t->last_ns = now;
    t->sends++;
    t->resend_ns = 0;
}

static bool visitor_send(Replay *r, ReplayLane *l, ReplayTurn *t, int64_t now)
{
    Buf b;
    buf_init(&b, r->scratch, 1u << 20);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "type", STR("send"));
    jw_kstr(&w, "client_id", str_of(t->client_id));
    jw_kstr(&w, "kind", STR("text"));
    jw_kstr(&w, "text", t->text);
    jw_obj_end(&w);
    if (!t->first_ns)
        t->timed = l->assigned && r->desk.state == DESK_UP;
    lane_turn_sent(t, now);
    return wire_send(l->wire, buf_str(&b));
}

/* May turn `i` go out now? Its own side at most `pipeline` unacknowledged; a change of sides waits
 * until all has arrived, as a person answers what was read. */
static bool may_go(const Replay *r, const ReplayLane *l, size_t i)
{
    const ReplayTurn *t = &l->turns[i];
    int64_t open = 0;
    for (size_t k = i; k-- > 0;) {
        const ReplayTurn *before = &l->turns[k];
        if (before->agent != t->agent)
            return settled(before) || before->given_up;
        if (!before->acked_ns && !before->given_up)
            open++;
        if (open >= r->o.pipeline)
            return false;
    }
    return true;
}

static void send_due(Replay *r, ReplayLane *l, int64_t now)
{
    for (size_t i = 0; i < l->turns_n; i++) {
        ReplayTurn *t = &l->turns[i];
        bool again = t->resend_ns && now >= t->resend_ns;
        bool fresh = i == l->next && !t->first_ns && may_go(r, l, i);
        if (t->given_up || t->acked_ns || (!again && !fresh)) {
            if (i >= l->next)
                break;
            continue;
        }
        if (t->agent && (r->desk.state != DESK_UP || !l->assigned))
            break;
        if (!replay_may_send(r))
            break;
        if (fresh) {
            l->next = i + 1;
            r->tally.sent++;
        }
        bool ok = t->agent ? desk_send_turn(r, l, t, now) : visitor_send(r, l, t, now);
        if (!ok && !t->agent) {
            go_down(r, l, replay_pause(&l->pause_ns));
            return;
        }
        if (!ok)
            return;
    }
}

/* Opens a conversation in which the agent speaks first. */
static void send_start(Replay *r, ReplayLane *l)
{
    l->started = true;
    Str start = str_fmt(r->scratch, "{\"type\":\"start\",\"client_id\":\"%s-%" PRId64 "-start\"}",
                        r->run, l->number);
    if (!wire_send(l->wire, start))
        go_down(r, l, replay_pause(&l->pause_ns));
}

/* ---- waiting ---- */

static int64_t latest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void lose(Replay *r, ReplayLane *l, size_t i, const char *what)
{
    l->turns[i].given_up = true;
    r->tally.lost++;
    tally_fault(&r->tally, "lost", l->row.id, l->conversation, "turn %zu (%s, seq %" PRId64 ") %s",
                i + 1, l->turns[i].agent ? "agent" : "user", l->turns[i].seq, what);
}

static void check_waits(Replay *r, ReplayLane *l, int64_t now)
{
    int64_t wait = replay_wait_ns(r);
    bool stuck = now - r->progress_ns > wait;
    for (size_t i = 0; i < l->next; i++) {
        ReplayTurn *t = &l->turns[i];
        if (settled(t))
            continue;
        bool desk_up = r->desk.state == DESK_UP;
        if (!t->acked_ns) {
            bool up = t->agent ? desk_up : l->state == LANE_TALK;
            if (up && !t->resend_ns &&
                now - latest(t->last_ns, t->agent ? r->desk.up_ns : l->up_ns) > wait)
                lose(r, l, i, "was never acknowledged");
        } else if (t->agent) {
            if (l->state == LANE_TALK && now - latest(t->acked_ns, l->up_ns) > wait)
                lose(r, l, i, "never reached the visitor");
        } else if (l->assigned && desk_up) {
            if (now - latest(t->acked_ns, latest(l->assigned_ns, r->desk.up_ns)) > wait)
                lose(r, l, i, "never reached the agent");
        }
    }
    /* Waiting for a place: as long as other conversations move, the queue moves. */
    if (stuck && !l->assigned && r->desk.state == DESK_UP && l->state == LANE_TALK)
        give_up(r, l, "was never assigned to the agent, and nothing else moved");
}

static void check_end(Replay *r, ReplayLane *l)
{
    if (l->next < l->turns_n)
        return;
    for (size_t i = 0; i < l->turns_n; i++)
        if (!settled(&l->turns[i]))
            return;
    if (r->desk.state != DESK_UP || !l->conversation)
        return;
    l->state = LANE_CLOSING;
    l->down_since_ns = clock_steady_ns();
    start_job(r, l, JOB_CLOSE);
}

/* Everything said and closed: is any number missing at the agent, who sees all of them? */
static void judge(Replay *r, ReplayLane *l)
{
    for (int64_t seq = 1; seq <= l->agent.max; seq++) {
        if (track_seen(&l->agent, seq, NULL))
            continue;
        bool counted = false;
        for (size_t i = 0; i < l->turns_n; i++)
            counted |= l->turns[i].seq == seq && l->turns[i].given_up;
        if (!counted) {
            r->tally.lost++;
            tally_fault(&r->tally, "lost", l->row.id, l->conversation,
                        "seq %" PRId64 " never reached the agent", seq);
        }
    }
    r->tally.conversations++;
    map_remove(&r->by_conversation, l->conversation);
    lane_finish(l);
}

void lane_step(Replay *r, ReplayLane *l, int64_t now)
{
    switch (l->state) {
    case LANE_FREE:
        if (!r->source_end && !r->failed && r->desk.ever_up)
            begin_row(r, l);
        break;
    case LANE_PAUSE:
        if (now >= l->wake_ns) {
            l->state = LANE_OPENING;
            start_job(r, l, JOB_SESSION);
        }
        break;
    case LANE_OPENING:
    case LANE_CLOSING:
        break;
    case LANE_HELLO:
        if (now - l->up_ns > replay_wait_ns(r)) {
            tally_fault(&r->tally, "refused", l->row.id, l->conversation, "no welcome");
            go_down(r, l, replay_pause(&l->pause_ns));
        }
        break;
    case LANE_TALK:
        if (!l->started && !l->conversation && l->turns[0].agent)
            send_start(r, l);
        if (l->state == LANE_TALK)
            send_due(r, l, now);
        if (l->state == LANE_TALK)
            check_waits(r, l, now);
        if (l->state == LANE_TALK)
            check_end(r, l);
        break;
    case LANE_CLOSE_PAUSE:
        if (now >= l->wake_ns && r->desk.state == DESK_UP) {
            l->state = LANE_CLOSING;
            start_job(r, l, JOB_CLOSE);
        }
        break;
    case LANE_LINGER:
        if ((l->closed_visitor && l->closed_agent && now - l->linger_ns > 20 * MS) ||
            now - l->linger_ns > LINGER_MS * MS)
            judge(r, l);
        break;
    }
}

/* ---- the visitor's frames ---- */

static void welcome(Replay *r, ReplayLane *l, const Json *f, int64_t now)
{
    int64_t id;
    l->state = LANE_TALK;
    l->up_ns = now;
    l->pause_ns = 0;
    if (!l->conversation && json_id(f, "conversation", &id))
        lane_bind(r, l, id);
    if (!l->conversation)
        l->started = false;
    for (size_t i = 0; i < l->next; i++) {
        ReplayTurn *t = &l->turns[i];
        if (!t->agent && !t->acked_ns && !t->given_up) {
            t->resend_ns = now; /* the same client_id: stored once */
            r->tally.retries++;
        }
    }
}

static void visitor_frame(Replay *r, ReplayLane *l, Str text)
{
    ErrSlot e = {0};
    const Json *f;
    int64_t now = clock_steady_ns(), id;
    if (json_parse(r->scratch, &e, text, &f)) {
        r->tally.refused++;
        tally_fault(&r->tally, "refused", l->row.id, l->conversation,
                    "a frame to the visitor is not JSON: %s", e.text);
        return;
    }
    Str type = json_str(f, "type");
    if (str_is(type, "welcome")) {
        welcome(r, l, f, now);
    } else if (str_is(type, "ack")) {
        if (!l->conversation && json_id(f, "conversation", &id))
            lane_bind(r, l, id);
        if (json_i64(f, "seq", 0) > 0)
            lane_acked(r, l, json_str(f, "client_id"), json_i64(f, "seq", 0));
    } else if (str_is(type, "message")) {
        lane_arrived(r, l, false, json_get(f, "message"));
    } else if (str_is(type, "meta")) {
        if (str_is(json_str(f, "state"), "closed"))
            l->closed_visitor = true;
    } else if (str_is(type, "error")) {
        ReplayTurn *t = lane_turn(l, json_str(f, "client_id"));
        lane_refused(r, l, t, json_str(f, "code"), json_i64(f, "retry_after_ms", 0));
    }
}

void lane_read(Replay *r, ReplayLane *l)
{
    int code = 0;
    while (l->wire) {
        Str text;
        ArenaMark mark = arena_mark(r->scratch);
        WireRead got = wire_read(l->wire, r->scratch, &text, &code);
        if (got == WIRE_TEXT)
            visitor_frame(r, l, text);
        arena_release(r->scratch, mark);
        if (got == WIRE_NOTHING)
            return;
        if (got == WIRE_CLOSED)
            break;
    }
    if (!l->wire)
        return;
    bool talking = l->state == LANE_TALK || l->state == LANE_HELLO;
    if (talking && code == 4401)
        l->token = STR_NONE; /* would be a new visitor: told as a refusal by what follows */
    if (talking) {
        int64_t pause = replay_pause(&l->pause_ns);
        go_down(r, l, code == 4429 && pause < 1000 * MS ? 1000 * MS : pause);
        return;
    }
    wire_close(l->wire);
    l->wire = NULL;
    l->closed_visitor = true;
}
