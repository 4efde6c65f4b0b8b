/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_H
#define API_API_H
/*
 * api: routes, roles per route, JSON shapes, push sessions, embedded web files. The only room that
 * knows HTTP and the domain. It holds no rules: a handler reads the request, calls one use case,
 * writes JSON (<= 30 lines).
 *
 * Life of a call: net thread (request) -> worker: actor, role, limits, `prepare` -> transaction:
 * `run` -> commit -> reply. `prepare` is for what is slow and needs no transaction (argon2,
 * parsing, understanding). With SQLite a write's `run` is on the write lane: SQL and small
 * decisions only. `run` may run again after a lost race: it must set the reply anew each time.
 */
#include "accounts/accounts.h"
#include "base/ctx.h"
#include "base/json.h"
#include "net/net.h"
#include "service/service.h"
#include "store/store.h"

typedef struct Api Api;
Store *api_store(Api *a);
Accounts *api_accounts(Api *a);
Service *api_service(Api *a);
bool api_demo(const Api *a);
const char *api_data_dir(const Api *a);

typedef enum {
    API_ANYONE,  /* no log-in */
    API_VISITOR, /* widget token */
    API_STAFF,   /* any staff role, trainers too */
    API_AGENT,   /* agent and up */
    API_SUPERVISOR,
    API_OWNER
} ApiAccess;

typedef enum { API_TX_NONE, API_TX_READ, API_TX_WRITE } ApiTx;

/* API key scopes; a person has all. */
enum { SCOPE_READ = 1, SCOPE_CHAT = 2, SCOPE_ADMIN = 4, SCOPE_ALL = -1 };

typedef struct {
    Api *api;
    Ctx *c;
    const NetRequest *request;
    const Json *body;               /* parsed when the route takes JSON; NULL otherwise */
    int64_t id[2];                  /* {id} and {seq} parts of the path, in order */
    Str text_id;                    /* {key} part of the path */
    void *work;                     /* from prepare to run (arena) */
    const AccountsSession *session; /* NULL: an API key, a visitor, or nobody */
    Str base_url;                   /* "https://desk.example.com" as the caller reached us */
    /* reply */
    int status;          /* 200 unless set */
    Str content_type;    /* JSON unless set */
    Str headers;         /* extra lines, each ended by \r\n (arena) */
    Str file_path;       /* answer this file instead of the body */
    Str frame_ancestors; /* pages: who may frame it; unset: only ourselves */
    Buf out;             /* reply body */
    JsonW w;             /* writes into out */
} ApiCall;

typedef struct {
    NetMethod method;
    const char *path; /* "/api/users/{id}": {id}, {seq} = 64-bit, {key} = text without '/' */
    ApiAccess access;
    uint32_t scope; /* an API key needs it */
    ApiTx tx;
    long body_bytes; /* 0: no body. JSON unless raw_body */
    bool raw_body;
    bool slow;                     /* argon2, big files: has a queue and a worker of its own */
    bool waits;                    /* for another machine: the same, with more workers */
    Err (*prepare)(ApiCall *call); /* may be NULL */
    Err (*run)(ApiCall *call);     /* may be NULL when tx is none and prepare answered */
    const char *summary;           /* English, for openapi.json and docs/api.md */
    const char *takes;             /* a shape's name in src/api/schemas.json, or NULL */
    const char *gives;             /* also: html, text, json, file (no shape) */
    const char *query;             /* names of what the query may have, parted by blanks */
} ApiRoute;

typedef struct {
    const ApiRoute *rows;
    size_t n;
} ApiRoutes;
/* One table per resource file, listed in routes.c. */
extern const ApiRoutes API_ROUTES_ACCOUNTS, API_ROUTES_SETUP, API_ROUTES_DESK, API_ROUTES_ADMIN,
    API_ROUTES_ASSIST, API_ROUTES_WIDGET, API_ROUTES_FILES, API_ROUTES_HOOKS, API_ROUTES_LLM,
    API_ROUTES_SEARCH, API_ROUTES_SYSTEM, API_ROUTES_PRIVACY, API_ROUTES_CORRECTIONS,
    API_ROUTES_OPENAPI;

Str api_query(ApiCall *call, const char *key); /* decoded query value, arena; STR_NONE absent */
Err api_query_i64(ApiCall *call, const char *key, int64_t dflt, int64_t min, int64_t max,
                  int64_t *ret) WARN_UNUSED;
void api_cookie(ApiCall *call, const char *name, Str value,
                int64_t max_age_s); /* HttpOnly; SameSite=Lax; Secure when the request was */
#endif
