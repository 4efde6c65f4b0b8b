/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep that may wait for the disk: a job of its own, once an hour. Uploads that nobody sent go,
 * and what is older than a shop keeps; of the latter so much at a time that others get their turn.
 */
#include "api/internal.h"

#include "service/hook.h"
#include "service/privacy.h"
#include "service/upload.h"

enum { FIRST_MS = 60 * 1000, EVERY_MS = 3600 * 1000, SOON_MS = 5000 };

typedef struct {
    bool more;
} Sweep;

static Str count(ApiJob *j, int64_t n)
{
    return str_fmt(j->arena, "%lld", (long long)n);
}

static void failed(ApiJob *j, const char *what)
{
    log_line(j->api->config.log, LOG_WARN, what, "code", str_of(j->ctx.err.code), "error",
             str_of(j->ctx.err.text), NULL);
    err_clear(&j->ctx.err);
}

static void work(ApiJob *j)
{
    Api *a = j->api;
    Sweep *sweep = j->data;
    ServiceErased done;
    int64_t removed;
    if (upload_sweep(a->store, &j->ctx, a->config.data_dir, &removed))
        failed(j, "unused uploads stay for now");
    else if (removed)
        log_line(a->config.log, LOG_INFO, "unused uploads removed", "files", count(j, removed),
                 NULL);
    Err err = service_retention_sweep(a->config.service, &j->ctx, a->config.data_dir, &done,
                                      &sweep->more);
    if (err)
        failed(j, "what is past its time stays for now");
    if (done.conversations || done.files)
        log_line(a->config.log, LOG_INFO, "what was past its time is erased", "conversations",
                 count(j, done.conversations), "messages", count(j, done.messages), "files",
                 count(j, done.files), NULL);
    bool more = false;
    if (service_hook_sweep(a->config.service, &j->ctx, &more))
        failed(j, "the webhooks' log stays for now");
    sweep->more = (sweep->more && !err) || more;
    job_done(j, ERR_OK);
}

static void finish(ApiJob *j)
{
    const Sweep *sweep = j->data;
    if (sweep->more)
        j->api->sweep_at_ms = j->api->now_ms + SOON_MS;
}

void sweep_tick(Api *a, int64_t steady_ms)
{
    if (!a->sweep_at_ms)
        a->sweep_at_ms = steady_ms + FIRST_MS;
    if (steady_ms < a->sweep_at_ms || !a->config.data_dir)
        return;
    a->sweep_at_ms = steady_ms + EVERY_MS;
    ApiJob *j = job_new(a);
    j->data = ARENA_NEW(j->arena, Sweep);
    j->work = work;
    j->finish = finish;
    if (!job_start(j, true)) /* next time */
        job_free(j);
}
