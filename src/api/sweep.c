/* SPDX-License-Identifier: Apache-2.0 */
/* Upkeep of what lies in data_dir beside the database: a job of its own, once an hour, because it
 * may wait for the disk. */
#include "api/internal.h"

#include "service/upload.h"

enum { FIRST_MS = 60 * 1000, EVERY_MS = 3600 * 1000 };

static void work(ApiJob *j)
{
    Api *a = j->api;
    int64_t removed;
    Err err = upload_sweep(a->store, &j->ctx, a->config.data_dir, &removed);
    if (err)
        log_line(a->config.log, LOG_WARN, "unused uploads stay for now", "code",
                 str_of(j->ctx.err.code), "error", str_of(j->ctx.err.text), NULL);
    else if (removed)
        log_line(a->config.log, LOG_INFO, "unused uploads removed", "files",
                 str_fmt(j->arena, "%lld", (long long)removed), NULL);
    job_done(j, err);
}

static void finish(ApiJob *j)
{
    (void)j;
}

void sweep_tick(Api *a, int64_t steady_ms)
{
    if (!a->sweep_at_ms)
        a->sweep_at_ms = steady_ms + FIRST_MS;
    if (steady_ms < a->sweep_at_ms || !a->config.data_dir)
        return;
    a->sweep_at_ms = steady_ms + EVERY_MS;
    ApiJob *j = job_new(a);
    j->work = work;
    j->finish = finish;
    if (!job_start(j, true)) /* next time */
        job_free(j);
}
