/* SPDX-License-Identifier: Apache-2.0 */
/* zhixin replay: options, the poll loop, the summary. */
#include "app/cli_replay.h"

#include "app/cli_replay_engine.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/opt.h"
#include "base/rng.h"

#include <inttypes.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HELPER_THREADS = 4,
    OUTAGE_TOLERATED_S = 300,
    EXIT_CLEAN = 0,
    EXIT_FAULT = 1,
    EXIT_USAGE = 2
};
static const int64_t MS = 1000000;
static const int64_t SECOND = 1000000000;

#define AT(member) offsetof(ReplayOptions, member)
static const OptRow OPTIONS[] = {
    {"url", OPT_TEXT, "URL", "http://127.0.0.1:8080", 0, 0, "the running server", AT(url)},
    {"agent", OPT_TEXT, "USER:PASSWORD", "xiaoyu:zhixin-demo", 0, 0, "who answers (the demo agent)",
     AT(agent)},
    {"channel", OPT_TEXT, "KEY", "demo", 0, 0, "the widget channel's key", AT(channel)},
    {"connections", OPT_INT, "N", "8", 1, REPLAY_CONNECTIONS_MAX, "visitors at a time",
     AT(connections)},
    {"rate", OPT_INT, "N", "0", 0, 1000000, "messages a second at most (0: no cap)", AT(rate)},
    {"pipeline", OPT_INT, "N", "1", 1, 16,
     "messages of one side sent before the first is acknowledged", AT(pipeline)},
    {"limit", OPT_INT, "N", "0", 0, 1000000000, "conversations to play (0: all)", AT(limit)},
    {"wait", OPT_INT, "SECONDS", "30", 1, 600, "what is not there by then is lost", AT(wait_s)},
    {"journal", OPT_TEXT, "FILE", NULL, 0, 0,
     "append each acknowledged message (for the crash test)", AT(journal)},
    {"tolerate-outage", OPT_FLAG, NULL, NULL, 0, 0,
     "keep reconnecting while the server is killed and restarted", AT(tolerate_outage)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

int64_t replay_wait_ns(const Replay *r)
{
    return r->o.wait_s * SECOND;
}

int64_t replay_pause(int64_t *pause_ns)
{
    int64_t pause = *pause_ns ? *pause_ns : 100 * MS;
    *pause_ns = pause * 2 > 2000 * MS ? 2000 * MS : pause * 2;
    return pause;
}

bool replay_outage(Replay *r, int64_t since_ns, const char *who)
{
    int64_t limit = r->o.tolerate_outage ? OUTAGE_TOLERATED_S * SECOND : replay_wait_ns(r);
    if (clock_steady_ns() - since_ns <= limit)
        return false;
    if (!r->failed)
        err_set(&r->err, ERR_UPSTREAM, "replay.outage", "the server was away for too long: %s",
                who);
    r->failed = true;
    return true;
}

bool replay_may_send(Replay *r)
{
    if (r->o.rate == 0)
        return true;
    int64_t now = clock_steady_ns();
    double rate = (double)r->o.rate;
    r->tokens += (double)(now - r->tokens_ns) / 1e9 * rate;
    r->tokens_ns = now;
    double most = rate / 10 > 1 ? rate / 10 : 1;
    if (r->tokens > most)
        r->tokens = most;
    if (r->tokens < 1)
        return false;
    r->tokens -= 1;
    return true;
}

static void tell_progress(Replay *r, int64_t now)
{
    if (now - r->told_ns < 2 * SECOND)
        return;
    r->told_ns = now;
    size_t talking = 0, waiting = 0;
    for (size_t i = 0; i < r->lanes_n; i++) {
        talking += r->lanes[i].state == LANE_TALK && r->lanes[i].assigned;
        waiting += r->lanes[i].state == LANE_TALK && !r->lanes[i].assigned;
    }
    fprintf(
        stderr,
        "replay: %" PRId64 " conversations done, %zu talking, %zu waiting for the agent, %" PRId64
        " messages acknowledged, %" PRId64 " lost, %" PRId64 " retries\n",
        r->tally.conversations, talking, waiting, r->tally.acked, r->tally.lost, r->tally.retries);
}

static bool all_free(const Replay *r)
{
    for (size_t i = 0; i < r->lanes_n; i++)
        if (r->lanes[i].state != LANE_FREE)
            return false;
    return true;
}

static void wait_for_sockets(Replay *r, struct pollfd *fds)
{
    nfds_t n = 0;
    fds[n++] = (struct pollfd){.fd = jobs_fd(r->jobs), .events = POLLIN};
    if (r->desk.wire)
        fds[n++] = (struct pollfd){.fd = wire_fd(r->desk.wire), .events = POLLIN};
    for (size_t i = 0; i < r->lanes_n; i++)
        if (r->lanes[i].wire)
            fds[n++] = (struct pollfd){.fd = wire_fd(r->lanes[i].wire), .events = POLLIN};
    poll(fds, n, 10);
}

Err replay_run(Replay *r)
{
    struct pollfd *fds = calloc(r->lanes_n + 2, sizeof *fds);
    ASSERT(fds);
    r->started_ns = r->progress_ns = r->tokens_ns = r->desk.down_since_ns = clock_steady_ns();
    r->told_ns = r->started_ns;
    while (!r->failed && !(r->source_end && all_free(r))) {
        wait_for_sockets(r, fds);
        for (ReplayJob *job; (job = jobs_take(r->jobs)) != NULL;) {
            arena_reset(r->scratch);
            if (job->lane < 0)
                desk_job_done(r);
            else
                lane_job_done(r, &r->lanes[job->lane]);
        }
        desk_read(r);
        for (size_t i = 0; i < r->lanes_n; i++)
            lane_read(r, &r->lanes[i]);
        int64_t now = clock_steady_ns();
        arena_reset(r->scratch);
        desk_step(r, now);
        for (size_t i = 0; i < r->lanes_n; i++)
            lane_step(r, &r->lanes[i], now);
        tell_progress(r, now);
    }
    free(fds);
    return r->failed ? r->err.err : ERR_OK;
}

/* Turns that were never played count as lost: the summary must not look clean after a broken run.
 */
static void count_unplayed(Replay *r)
{
    for (size_t i = 0; i < r->lanes_n; i++) {
        ReplayLane *l = &r->lanes[i];
        for (size_t k = 0; l->state != LANE_FREE && k < l->next; k++)
            if (!l->turns[k].given_up && !(l->turns[k].acked_ns && l->turns[k].delivered))
                r->tally.lost++;
    }
}

static void finish(Replay *r)
{
    jobs_stop(r->jobs);
    for (size_t i = 0; i < r->lanes_n; i++) {
        ReplayLane *l = &r->lanes[i];
        if (l->state != LANE_FREE)
            lane_finish(l);
        arena_destroy(l->arena);
        arena_destroy(l->job.arena);
    }
    wire_close(r->desk.wire);
    arena_destroy(r->desk.job.arena);
    arena_destroy(r->desk.keep);
    while (r->strays) {
        ReplayStray *s = r->strays;
        r->strays = s->next;
        free(s);
    }
    map_finish(&r->by_conversation);
    source_close(r->source);
    tally_finish(&r->tally);
    free(r->lanes);
}

static int play(Replay *r, Arena *a)
{
    Str token = rng_token(a, 6);
    for (size_t i = 0; i < token.n && i < sizeof r->run - 1; i++)
        r->run[i] = token.p[i] == '-' || token.p[i] == '_' ? 'x' : token.p[i];
    r->target = (WireTarget){r->o.url, 10000};
    r->lanes_n = (size_t)r->o.connections;
    r->lanes = calloc(r->lanes_n, sizeof *r->lanes);
    ASSERT(r->lanes);
    for (size_t i = 0; i < r->lanes_n; i++) {
        r->lanes[i].index = (int)i;
        r->lanes[i].arena = arena_create(64u << 20);
    }
    r->desk.keep = arena_create(1u << 16);
    r->scratch = arena_create(16u << 20);
    r->strays_tail = &r->strays;
    map_init(&r->by_conversation);
    r->jobs = jobs_start(r, HELPER_THREADS);

    Err err = replay_run(r);
    count_unplayed(r);
    Buf out;
    buf_init(&out, a, 8192);
    tally_summary(&r->tally, (double)(clock_steady_ns() - r->started_ns) / 1e9, &out);
    Str line = buf_str(&out);
    printf("%.*s\n", STR_ARG(line));
    fflush(stdout);
    if (err)
        fprintf(stderr, "replay: %s: %s\n", r->err.code, r->err.text);
    int code = err || !tally_clean(&r->tally) ? EXIT_FAULT : EXIT_CLEAN;
    finish(r);
    arena_destroy(r->scratch);
    return code;
}

static int usage(const ErrSlot *e)
{
    if (e)
        fprintf(stderr, "replay: %s\n", e->text);
    fprintf(stderr, "usage: zhixin replay [options] FILE.jsonl[.gz]\n");
    opt_help(OPTIONS, OPTIONS_N);
    return e ? EXIT_USAGE : EXIT_CLEAN;
}

int cli_replay(int argc, char **argv)
{
    Arena *a = arena_create(1u << 20);
    Replay *r = calloc(1, sizeof *r);
    ASSERT(r && sodium_init() >= 0);
    ErrSlot e = {0};
    char **rest;
    int rest_n, code;
    tally_init(&r->tally);
    Err err = opt_parse(a, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &r->o, &rest, &rest_n);
    if (err) {
        code = usage(&e);
    } else if (r->o.help) {
        code = usage(NULL);
    } else if (rest_n != 1) {
        err_set(&e, ERR_INVALID, "usage.operand", "one file of conversations is needed");
        code = usage(&e);
    } else if (source_open(&e, rest[0], &r->source) ||
               (r->o.journal && tally_journal_open(&r->tally, &e, r->o.journal))) {
        fprintf(stderr, "replay: %s\n", e.text);
        source_close(r->source);
        code = EXIT_FAULT;
    } else {
        r->password = str_of(r->o.agent);
        r->user = str_cut(&r->password, ':');
        code = play(r, a);
    }
    free(r);
    arena_destroy(a);
    return code;
}
