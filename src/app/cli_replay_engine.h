/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_REPLAY_ENGINE_H
#define APP_CLI_REPLAY_ENGINE_H
/*
 * The engine of zhixin replay, private to cli_replay_*.c. One loop thread owns everything here;
 * helper threads only run ReplayJobs (blocking calls) and hand them back. A lane is one visitor at
 * a time, working through one row of the file; the desk is the one agent that answers in all lanes.
 */
#include "app/cli_replay_source.h"
#include "app/cli_replay_tally.h"
#include "app/cli_replay_track.h"
#include "app/cli_replay_wire.h"

#include "base/json.h"
#include "base/map.h"

enum { REPLAY_ID_MAX = 64, REPLAY_CONNECTIONS_MAX = 200 };

typedef struct {
    const char *url, *agent, *journal, *channel;
    int64_t rate, connections, wait_s, pipeline, limit;
    bool tolerate_outage, help;
} ReplayOptions;

typedef struct {
    bool agent;
    Str text; /* arena of the lane */
    char client_id[REPLAY_ID_MAX];
    int64_t seq;      /* 0: not acknowledged */
    int64_t first_ns; /* first sent; 0: never */
    int64_t last_ns;  /* last sent */
    int64_t acked_ns;
    int64_t resend_ns; /* not 0: send again, not before this */
    int sends, acks;
    bool delivered, given_up;
    bool timed; /* its way to the other side is measured (the other side was there when it was sent)
                 */
    Str guard_rules; /* JSON list of rules to name when sending again; empty: none */
} ReplayTurn;

typedef enum { JOB_SESSION, JOB_DESK, JOB_CLOSE } JobKind;
/* One blocking piece of work. The owner must not touch it between jobs_put and its return. */
typedef struct ReplayJob {
    struct ReplayJob *next;
    JobKind kind;
    Arena *arena; /* owned by the job: emptied at each start */
    int lane;
    bool running;
    /* in */
    Str token, cookie, csrf, row_id, page_url;
    int64_t conversation;
    /* out */
    Err err;
    ErrSlot slot;
    int status;
    long retry_after_ms;
    ReplayWire *wire;
    Str ret_token, ret_cookie, ret_csrf;
} ReplayJob;
typedef struct ReplayJobs ReplayJobs;

typedef enum {
    LANE_FREE,
    LANE_PAUSE,   /* waiting until wake_ns to open (again) */
    LANE_OPENING, /* the job runs */
    LANE_HELLO,   /* hello sent, welcome awaited */
    LANE_TALK,
    LANE_CLOSE_PAUSE,
    LANE_CLOSING, /* the job runs */
    LANE_LINGER   /* closed: a last look whether something comes twice */
} LaneState;

typedef struct {
    int index;
    LaneState state;
    Arena *arena; /* of the row */
    SourceRow row;
    ReplayTurn *turns;
    size_t turns_n, next;
    int64_t number; /* of the row in the file, from 1 */
    int64_t conversation;
    Str token, start_id;
    ReplayWire *wire;
    ReplayJob job;
    ReplayTrack visitor, agent;
    int64_t wake_ns, down_since_ns, up_ns, assigned_ns, linger_ns, pause_ns;
    bool assigned, watched, started, closed_visitor, closed_agent, job_used;
} ReplayLane;

typedef enum { DESK_PAUSE, DESK_OPENING, DESK_HELLO, DESK_UP } DeskState;

typedef struct {
    DeskState state;
    ReplayWire *wire;
    ReplayJob job;
    Str cookie, csrf; /* owned by `keep` */
    Arena *keep;
    int64_t me, wake_ns, down_since_ns, up_ns, active_ns, pause_ns;
    bool ever_up;
} ReplayDesk;

/* A desk frame of a conversation that no lane has claimed yet (the agent may hear of it before the
 * visitor's own acknowledgement says which it is). */
typedef struct ReplayStray {
    struct ReplayStray *next;
    int64_t conversation, at_ns;
    size_t n;
    char text[];
} ReplayStray;

typedef struct {
    ReplayOptions o;
    WireTarget target;
    Str user, password;
    char run[16]; /* part of every client_id of this run */
    ReplaySource *source;
    bool source_end;
    int64_t rows;
    ReplayTally tally;
    ReplayJobs *jobs;
    ReplayDesk desk;
    ReplayLane *lanes;
    size_t lanes_n;
    Map by_conversation; /* -> ReplayLane * */
    ReplayStray *strays, **strays_tail;
    size_t strays_n;
    Arena *scratch; /* one frame at a time */
    int64_t started_ns, progress_ns, told_ns;
    double tokens; /* of the rate */
    int64_t tokens_ns;
    bool failed; /* cannot go on: bad log-in, unreadable file, server gone for too long */
    ErrSlot err;
} Replay;

/* loop */
Err replay_run(Replay *r);
bool replay_may_send(Replay *r); /* takes one from the rate */
bool replay_outage(Replay *r, int64_t since_ns,
                   const char *who); /* true: it has lasted too long, the run has failed */
int64_t replay_wait_ns(const Replay *r);
int64_t replay_pause(int64_t *pause_ns); /* the next back-off pause, 0.1 s to 2 s */

/* jobs (helper threads) */
ReplayJobs *jobs_start(Replay *r, int threads);
void jobs_stop(ReplayJobs *j);
int jobs_fd(const ReplayJobs *j); /* readable when a job came back */
void jobs_put(ReplayJobs *j, ReplayJob *job);
ReplayJob *jobs_take(ReplayJobs *j);           /* a finished one or NULL */
void job_run(const Replay *r, ReplayJob *job); /* on a helper thread */

/* lanes: the visitor's side, and the order of turns */
void lane_step(Replay *r, ReplayLane *l, int64_t now);
void lane_read(Replay *r, ReplayLane *l);
void lane_job_done(Replay *r, ReplayLane *l);
void lane_turn_sent(ReplayTurn *t, int64_t now);
void lane_acked(Replay *r, ReplayLane *l, Str client_id, int64_t seq);
void lane_arrived(Replay *r, ReplayLane *l, bool at_agent, const Json *message);
void lane_refused(Replay *r, ReplayLane *l, ReplayTurn *t, Str code, int64_t retry_after_ms);
ReplayTurn *lane_turn(ReplayLane *l, Str client_id);
ReplayLane *lane_of_client_id(Replay *r, Str client_id);
void lane_bind(Replay *r, ReplayLane *l, int64_t conversation);
void lane_finish(ReplayLane *l);

/* desk: the agent's side */
void desk_step(Replay *r, int64_t now);
void desk_read(Replay *r);
void desk_job_done(Replay *r);
bool desk_send_turn(Replay *r, ReplayLane *l, ReplayTurn *t, int64_t now);
void desk_frame(Replay *r, Str text);
void desk_claim_strays(Replay *r, int64_t conversation);
#endif
