/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_SERVER_H
#define API_SERVER_H
/*
 * server: the edge as a whole. Opened after store, accounts and service; runs the loop on the
 * calling thread. api.h is for route tables, this page for the command line.
 */
#include "api/api.h"

#include <stdatomic.h>

typedef struct {
    Accounts *accounts;
    Service *service;
    const Log *log;
    IdSource *ids;
    const char *data_dir; /* uploads */
    bool demo;
    int64_t workers;       /* threads for requests and frames: 4 */
    int64_t queue;         /* calls that may wait for a worker: 4096 */
    int64_t visitor_rate;  /* messages a minute one visitor may send on average: 120 */
    int64_t visitor_burst; /* and at once: 30 */
    int64_t session_rate;  /* visitor sessions a second from one address: 50 */
    int64_t session_burst; /* and at once: 1000 */
    int64_t call_rate;     /* calls a second of one log-in, key or visitor: 500; an address: 4 x */
    const char *metrics_for; /* addresses or CIDR that may read /metrics */
    const NetOptions *net;
} ApiConfig;
void api_config_default(ApiConfig *c);

/* Listens from here on, but answers only in api_edge_run; Owned. */
Err api_edge_open(const ApiConfig *config, ErrSlot *e, Api **ret) WARN_UNUSED;
/* The store is opened after the edge exists, because its batch_done is ours. Before api_edge_run;
 */
void api_use_store(Api *a, Store *s);
int api_edge_port(const Api *a);
void api_edge_run(Api *a);
Err api_reload_tls(Api *a, ErrSlot *e) WARN_UNUSED; /* any thread; the old one stays on failure */
void api_routes_print(Buf *out, bool json);         /* the route table */
void api_edge_stop(Api *a);                         /* any thread; graceful */
/* After api_edge_run, in this order: api_edge_drain (the workers end), store_close (what they
 * submitted is committed and answered), api_edge_close. */
void api_edge_drain(Api *a);
void api_edge_close(Api *a);

/* The store's threads run before the edge is there: they find it here. */
typedef _Atomic(Api *) ApiRef;
/* StoreConfig.batch_done; user = ApiRef *, set once the edge is open. */
void api_batch_done(void *api_ref);
/* Wake-ups of units that are not calls: timers, followers. Any thread, after their commit. */
void api_publish(Ctx *c, void *api);
#endif
