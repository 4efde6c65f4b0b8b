/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H
/*
 * Shared inside the room only. Threads: the net thread owns the hub, sockets, buckets and the list
 * of free jobs; workers and the store's threads own a job while it is theirs. A job goes round
 * once: net thread -> worker -> (store's lane or pool) -> net thread.
 */
#include "api/server.h"
#include "api/shape.h"
#include "base/map.h"
#include "net/addr.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- jobs (job.c) ---- */
typedef struct ApiJob ApiJob;
struct ApiJob {
    StoreUnit unit;
    Ctx ctx;
    Api *api;
    ApiJob *next;
    Arena *arena;
    void (*work)(ApiJob *j);   /* worker: must end in job_done or job_submit, once */
    Err (*run)(ApiJob *j);     /* for job_submit: inside the write transaction */
    void (*finish)(ApiJob *j); /* net thread; the job is freed after it */
    void *data;                /* arena */
    Err err;
};

typedef struct {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    ApiJob *head, **tail;
    _Atomic int64_t depth;  /* written under the mutex */
    int64_t limit, at_once; /* at_once: jobs that a worker takes at a time, at most */
    bool closing;
    int threads_n, threads_wanted;
    int idle; /* of them asleep */
    pthread_t threads[32];
} ApiQueue;

Err api_jobs_open(Api *a, ErrSlot *e) WARN_UNUSED;
void api_jobs_stop(Api *a); /* after the loop has ended: joins the workers */
/* After the store has closed, while net is still there: tells what was finished last. */
void api_jobs_drain(Api *a);
void api_jobs_close(Api *a); /* frees */
void jobs_trim(Api *a);      /* net thread, each second: memory of a peak goes back */
ApiJob *job_new(Api *a);     /* net thread; its arena is empty, its context ready */
/* Net thread. False: the queue is full; the job is still the caller's (job_free it). */
bool job_start(ApiJob *j, bool slow) WARN_UNUSED;
/* The same for what waits for another machine. */
bool job_start_waiting(ApiJob *j) WARN_UNUSED;
/* The same for what the edge asks of itself: catching up, presence, wake-ups. There is one for each
 * socket or commit at most, and dropping one would leave somebody without a message, so it may wait
 * where a caller is sent away. False: closing, or overloaded beyond all measure. */
bool job_start_own(ApiJob *j) WARN_UNUSED;
void job_free(ApiJob *j);        /* net thread */
void job_done(ApiJob *j, Err e); /* worker: on to `finish` */
void job_submit(ApiJob *j);      /* worker: on to the store's lane with `run`, then to `finish` */
/* A read transaction for a part of the work. */
Err job_read(ApiJob *j, StoreRun run, void *arg) WARN_UNUSED;

/* ---- routes (router.c) ---- */
typedef struct {
    const ApiRoute *route;
    int64_t id[2];
    Str text_id;
    bool path_known; /* another method would do */
} ApiMatch;
bool router_match(NetMethod method, Str path, ApiMatch *ret);
const ApiRoutes *const *router_tables(size_t *ret_n);

const char *route_method(NetMethod m); /* static */
void openapi_write(Buf *out);          /* openapi.c: the table as OpenAPI 3.1 */
const char *route_access(ApiAccess a); /* static */

/* ---- HTTP calls (call.c, reply.c) ---- */
void call_start(Api *a, NetConn conn, const NetRequest *r, const ApiMatch *m);
void reply_error(Api *a, NetConn conn, const NetRequest *r, Err err, const ErrSlot *e);
void reply_status(Api *a, NetConn conn, const NetRequest *r, int status, const char *code,
                  const char *text);
/* Header lines that every reply bears. page: HTML of ours, with a policy for scripts. */
typedef enum { REPLY_API, REPLY_PAGE, REPLY_FRAMED, REPLY_FILE } ReplyKind;
void reply_headers(Api *a, Buf *out, const NetRequest *r, ReplyKind kind, Str frame_ancestors);
void reply_error_body(Buf *out, const ErrSlot *e, Err err);
Str reply_base_url(Arena *a, const NetRequest *r);
/* Sets c->actor from the cookie or key (in a read transaction). */
typedef struct {
    bool by_cookie, by_key;
    AccountsSession session;
    AccountsKey key;
    uint64_t generation; /* of the table, before it was read */
} ApiProof;
Err proof_staff(Ctx *c, const NetRequest *r, ApiProof *ret) WARN_UNUSED;
Str proof_bearer(const NetRequest *r); /* borrowed */
/* Log-ins of the last second (proof.c). */
enum { PROOF_SLOTS = 128, PROOF_TEXT = 320 };
typedef struct {
    uint64_t generation;
    int64_t good_until_ms; /* steady */
    AccountsSession session;
    size_t used; /* 0: empty */
    char text[PROOF_TEXT];
} ApiProofSlot;
typedef struct {
    pthread_mutex_t lock; /* a leaf */
    uint64_t generation;
    ApiProofSlot slots[PROOF_SLOTS];
} ApiProofs;
void proofs_init(ApiProofs *p);
void proofs_finish(ApiProofs *p);
/* Any thread; before the answer to what may have ended or changed a log-in. */
void proofs_forget(ApiProofs *p);
/* Sets c->actor and ret without a transaction; false: look it up. */
bool proof_recent(Api *a, Ctx *c, const NetRequest *r, ApiProof *ret);
void proof_keep(Api *a, const ApiProof *proof);

/* ---- embedded web files (web.c) ---- */
/* Answers pages, scripts, pictures. False: not one of them. */
bool web_answer(Api *a, NetConn conn, const NetRequest *r);
typedef struct {
    const char *path, *type, *etag;
    const unsigned char *bytes, *gzip, *brotli; /* gzip, brotli: NULL when not smaller */
    size_t n, gzip_n, brotli_n;
    bool immutable;
} WebFile;
extern const WebFile WEB_FILES[]; /* generated; ends with path NULL; sorted by path */
const WebFile *web_file(Str path);

/* ---- buckets: limits per address (bucket.c) ---- */
enum { BUCKETS_N = 4096, SOCKETS_OF_ONE = 64 /* person */, WATCHED_MAX = 1000 };
typedef struct {
    uint64_t key;
    int64_t milli; /* tokens x 1000 */
    int64_t at_ms; /* steady */
} Bucket;
/* True: a token was taken. Else *ret_wait_ms says when there is one again. rate: tokens a second x
 * 1000. */
bool bucket_take(Bucket *b, int64_t now_ms, int64_t rate_milli, int64_t burst,
                 int64_t *ret_wait_ms);
Bucket *bucket_of(Bucket *table, uint64_t key); /* never NULL */

/* ---- who may ask how much, before anything is read (door.c); net thread ---- */
/* False: not now; *ret_wait_ms says when. */
bool door_call(Api *a, const NetRequest *r, const ApiRoute *route, int64_t *ret_wait_ms);
bool door_socket(Api *a, const NetRequest *r, int64_t *ret_wait_ms);
/* The largest body for this head, or minus the status to refuse it with. */
long door_body(const NetRequest *head, const ApiRoute *route);
/* Is this one whom /metrics is for? */
bool door_metrics(const Api *a, const NetRequest *r);

/* ---- the hub (hub.c) ---- */
typedef struct Socket Socket;
typedef struct Topic Topic;
typedef struct Sub Sub;
/* An acknowledgement that waits until what stands before its message has been sent. */
typedef struct Held {
    struct Held *next;
    size_t n;
    char text[];
} Held;
struct Sub {
    Topic *topic;
    Socket *socket;
    Sub *topic_next, *socket_next;
    int64_t last_seq; /* sent up to here */
    int64_t want;     /* highest seq heard of while catching up */
    bool catching;
    bool failed;         /* reading failed: tried again at the next tick */
    bool watched;        /* the person looks at it */
    bool assigned;       /* it is theirs: followed without asking */
    bool meta_after;     /* visitor: meta follows the catch-up */
    bool presence_after; /* staff: so does who is there, which ends what was asked for */
    char typing;         /* 'r' reply, 'n' note, 0 */
    Held *held;          /* owned, oldest first */
};
struct Topic {
    int64_t id, shop_id, customer_id;
    int64_t row_seq; /* last_seq of the newest row that was told */
    Sub *subs;
    bool visitor_typing, staff_typing; /* as last told */
    char *preview;                     /* owned, NULL: none */
};
struct Socket {
    Api *api;
    NetConn conn;
    bool staff, ready;
    _Atomic bool closed;      /* workers may skip what nobody waits for */
    bool by_key;              /* staff: an API key, no session */
    bool waiting;             /* visitor: in the queue, as last told */
    bool meta_busy, meta_due; /* visitor: a meta read is in flight; another is wanted */
    bool check_busy;          /* staff: being asked whether the log-in still stands */
    uint64_t told;            /* visitor: the round of queue places that reached it */
    int subs_n;
    uint64_t mark;                 /* last broadcast that reached it */
    int refs;                      /* jobs in flight, and the connection itself */
    Actor actor;                   /* strings owned */
    int64_t conversation_id;       /* visitor's current */
    int64_t opened_ms, checked_ms; /* steady */
    Bucket sends, frames;
    Sub *subs;
    Socket *peer_next, *peer_prev; /* same customer or same user */
    Socket *shop_next, *shop_prev; /* staff of one shop, or all visitors of one shop */
};
typedef struct {
    int64_t id;
    Socket *staff;    /* list */
    Socket *visitors; /* list */
    bool queue_dirty, queue_busy;
    uint64_t round; /* of telling waiting visitors their place */
    int64_t queue_sent_ms;
} HubShop;
typedef struct {
    Map topics, customers, users, shops; /* id -> Topic, first Socket, first Socket, HubShop */
    _Atomic int64_t staff_n, visitor_n, pending_n; /* read by /metrics */
    bool behind;                                   /* a subscription could not be read */
    Socket *pending;                               /* accepted, no hello yet */
    uint64_t mark;
} Hub;

void hub_open(Hub *h);
void hub_close(Hub *h);
Socket *socket_new(Api *a, NetConn conn, bool staff);
void socket_ref(Socket *s);
void socket_unref(Socket *s);
void socket_actor(Socket *s, const Actor *actor); /* copies strings */
void socket_register(Socket *s);                  /* after hello: known to customers/users/shops */
void socket_closed(Socket *s);                    /* the connection is gone */
Sub *sub_find(const Socket *s, int64_t conversation_id);
Sub *sub_add(Socket *s, int64_t conversation_id, int64_t shop_id, int64_t customer_id,
             int64_t last_seq);
void sub_remove(Socket *s, int64_t conversation_id);
/* Reads what the subscription lacks and sends it in order. */
void sub_catch_up(Sub *sub);
void hub_retry(Hub *h); /* each second: subscriptions whose reading failed */
/* What begins after the reading of hello is told before the socket is known: made up for here. */
void hub_follow(Socket *s, const DeskConversation *v);
void hub_typing(Topic *t);                        /* tells the visitors when it changed */
int hub_peers(const Socket *s, const Actor *who); /* sockets of the same person */
/* True: the acknowledgement of message seq will be sent behind the messages before it, which this
 * socket does not have yet (PostgreSQL: commits may be told out of turn). False: send it now. */
bool sub_hold(Socket *s, int64_t conversation_id, int64_t seq, Str text);
Topic *hub_topic(const Hub *h, int64_t conversation_id);
HubShop *hub_shop(Hub *h, int64_t shop_id); /* made when absent */
void socket_send(Socket *s, NetFrame *f);   /* NULL f: nothing */
void socket_send_str(Socket *s, Str text);
void hub_presence(Api *a, Topic *t); /* to the staff who watch */
bool hub_customer_online(const Hub *h, int64_t customer_id);

/* ---- wake-ups -> frames (publish.c, publish_notes.c, publish_reads.c) ---- */
typedef struct {
    Buf b;
    JsonW w;
} Frame;
void frame_begin(Frame *f, const char *type);               /* opens the object; members follow */
NetFrame *frame_end(Frame *f);                              /* NULL: over the size limit */
void publish_to_shop(Api *a, int64_t shop_id, NetFrame *f); /* all its staff */
/* Inside the transaction, after the work: rows that will be shown are read joined. */
Err publish_enrich(Ctx *c) WARN_UNUSED;
/* Net thread, after the commit. origin: the socket that caused it, or NULL. */
void publish_wakes(Api *a, const Ctx *c, Socket *origin);
void publish_tick(Api *a);    /* each second: queue numbers that had to wait */
void publish_meta(Socket *s); /* reads and sends the visitor's meta */
void publish_queue_dirty(Api *a, int64_t shop_id);
void publish_agent(Api *a, int64_t shop_id, int64_t user_id);

/* ---- sockets' frames (ws.c, ws_visitor.c, ws_staff.c) ---- */
typedef struct FrameCall FrameCall;
typedef struct {
    const char *type;
    ApiTx tx;
    bool costs;                   /* counts as a message */
    Role role;                    /* staff: this and up */
    uint32_t scope;               /* an API key needs one of these */
    Err (*prepare)(FrameCall *f); /* worker, no transaction; may be NULL */
    Err (*run)(FrameCall *f);     /* may be NULL with no tx */
    void (*after)(FrameCall *f);  /* net thread, after success; may be NULL */
} FrameKind;
struct FrameCall {
    Socket *socket;
    Ctx *c;
    Api *api;
    Str text;
    const Json *json;
    const FrameKind *kind;
    Str client_id;
    bool staff;
    bool ready;    /* hello was said before this frame */
    int subs_n;    /* how many conversations its socket followed */
    Actor actor;   /* hello: who it is */
    bool answered; /* prepare gave the answer: no transaction */
    int close_code;
    int64_t pause_ms;
    Buf out; /* the answer to the sender; empty: none */
    JsonW w;
    void *work;
    ServiceSend send;
    int64_t id, seq;
};
const FrameKind *frames_visitor(size_t *ret_n);
/* frame.c. Worker: text -> json, kind, client_id; rights. No transaction. */
Err frame_understand(FrameCall *f) WARN_UNUSED;
Err frame_prepare(FrameCall *f) WARN_UNUSED;
/* In the transaction that the kind wants; may be called again. */
Err frame_run(FrameCall *f) WARN_UNUSED;
const FrameKind *frames_staff(size_t *ret_n);
bool ws_upgrade(Api *a, NetConn conn, const NetRequest *r); /* false: not a socket path */
void ws_message(void *user, NetConn conn, void *tag, Str text);
void ws_closed(void *user, NetConn conn, void *tag, int code);
void ws_tick(Api *a, int64_t steady_ms);
void ws_ended(Socket *s); /* staff: the session or key is over */

/* ---- upkeep (sweep.c) ---- */
void sweep_tick(Api *a, int64_t steady_ms); /* net thread, each second */

struct Api {
    ApiConfig config;
    Store *store;
    NetServer *net;
    Hub hub;
    ApiQueue work, slow, waits;
    ApiProofs proofs;
    ApiJob *free_jobs;
    int64_t free_n;
    pthread_mutex_t done_mutex;
    ApiJob *done_head, **done_tail;
    bool done_posted;
    Bucket sessions[BUCKETS_N], doors[BUCKETS_N];
    NetAddrList metrics_for;
    _Atomic int64_t request_n;
    _Atomic int64_t calls, errors, messages;
    int64_t started_ms;  /* steady */
    int64_t sweep_at_ms; /* steady */
    int64_t now_ms;      /* steady, each second */
};
#endif
