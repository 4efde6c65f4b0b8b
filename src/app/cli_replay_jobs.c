/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_engine.h"

#include "base/assert.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct ReplayJobs {
    const Replay *replay;
    pthread_mutex_t lock;
    pthread_cond_t more;
    ReplayJob *todo, **todo_tail;
    ReplayJob *done, **done_tail;
    bool stop;
    int pipe[2];
    int threads_n;
    pthread_t threads[8];
};

static void append(ReplayJob ***tail, ReplayJob *job)
{
    job->next = NULL;
    **tail = job;
    *tail = &job->next;
}

static ReplayJob *pop(ReplayJob **head, ReplayJob ***tail)
{
    ReplayJob *job = *head;
    if (job) {
        *head = job->next;
        if (!*head)
            *tail = head;
    }
    return job;
}

static void *helper(void *arg)
{
    ReplayJobs *j = arg;
    pthread_mutex_lock(&j->lock);
    while (!j->stop) {
        ReplayJob *job = pop(&j->todo, &j->todo_tail);
        if (!job) {
            pthread_cond_wait(&j->more, &j->lock);
            continue;
        }
        pthread_mutex_unlock(&j->lock);
        job_run(j->replay, job);
        pthread_mutex_lock(&j->lock);
        append(&j->done_tail, job);
        if (write(j->pipe[1], "", 1) < 0) {
            /* full: the loop is awake anyway */
        }
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

ReplayJobs *jobs_start(Replay *r, int threads)
{
    ReplayJobs *j = calloc(1, sizeof *j);
    ASSERT(j && threads <= 8);
    j->replay = r;
    j->todo_tail = &j->todo;
    j->done_tail = &j->done;
    ASSERT(pipe(j->pipe) == 0);
    for (int i = 0; i < 2; i++) {
        fcntl(j->pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(j->pipe[i], F_SETFD, FD_CLOEXEC);
    }
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->more, NULL);
    for (int i = 0; i < threads; i++) {
        ASSERT(pthread_create(&j->threads[i], NULL, helper, j) == 0);
        j->threads_n++;
    }
    return j;
}

void jobs_stop(ReplayJobs *j)
{
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    pthread_cond_broadcast(&j->more);
    pthread_mutex_unlock(&j->lock);
    for (int i = 0; i < j->threads_n; i++)
        pthread_join(j->threads[i], NULL);
    pthread_cond_destroy(&j->more);
    pthread_mutex_destroy(&j->lock);
    close(j->pipe[0]);
    close(j->pipe[1]);
    free(j);
}

int jobs_fd(const ReplayJobs *j)
{
    return j->pipe[0];
}

void jobs_put(ReplayJobs *j, ReplayJob *job)
{
    job->running = true;
    pthread_mutex_lock(&j->lock);
    append(&j->todo_tail, job);
    pthread_cond_signal(&j->more);
    pthread_mutex_unlock(&j->lock);
}

ReplayJob *jobs_take(ReplayJobs *j)
{
    char drain[64];
    while (read(j->pipe[0], drain, sizeof drain) > 0) {
    }
    pthread_mutex_lock(&j->lock);
    ReplayJob *job = pop(&j->done, &j->done_tail);
    pthread_mutex_unlock(&j->lock);
    if (job)
        job->running = false;
    return job;
}

/* ---- what a helper thread does ---- */

static const char JSON_TYPE[] = "Content-Type: application/json\r\n";

static Str page_json(const Replay *r, ReplayJob *job)
{
    Buf b;
    buf_init(&b, job->arena, 1u << 16);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "channel", str_of(r->o.channel));
    jw_kstr(&w, "lang", STR("zh-CN"));
    jw_key(&w, "page");
    jw_obj(&w);
    jw_kstr(&w, "url", job->page_url);
    jw_kstr(&w, "title", job->row_id);
    jw_obj_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}

/* An HTTP call whose answer must be JSON with status 200; the status and the wait are left in the
 * job. */
static Err call(const Replay *r, ReplayJob *job, const char *path, Str headers, Str body,
                WireReply *reply, const Json **ret)
{
    Err err = wire_http(&r->target, job->arena, &job->slot, "POST", path, headers, body, reply);
    if (err)
        return err;
    job->status = reply->status;
    job->retry_after_ms = reply->retry_after_ms;
    if (reply->status / 100 != 2)
        return err_set(&job->slot, ERR_UPSTREAM, "replay.http", "%s answered %d: %.*s", path,
                       reply->status, (int)(reply->body.n < 160 ? reply->body.n : 160),
                       reply->body.n ? reply->body.p : "");
    return json_parse(job->arena, &job->slot, reply->body, ret);
}

static Err run_session(const Replay *r, ReplayJob *job)
{
    if (job->token.n == 0) {
        WireReply reply;
        const Json *json;
        Err err =
            call(r, job, "/api/widget/session", STR(JSON_TYPE), page_json(r, job), &reply, &json);
        if (err)
            return err;
        job->ret_token = json_str(json, "token");
        if (job->ret_token.n == 0)
            return err_set(&job->slot, ERR_UPSTREAM, "replay.http", "the session has no token");
    }
    return wire_open(&r->target, job->arena, &job->slot, "/api/widget/ws", STR_NONE, &job->wire,
                     &job->status);
}

static Err run_login(const Replay *r, ReplayJob *job)
{
    Buf b;
    buf_init(&b, job->arena, 4096);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "user", r->user);
    jw_kstr(&w, "password", r->password);
    jw_obj_end(&w);
    WireReply reply;
    const Json *json;
    Err err = call(r, job, "/api/login", STR(JSON_TYPE), buf_str(&b), &reply, &json);
    if (err)
        return err;
    job->ret_cookie = reply.cookies;
    job->ret_csrf = json_str(json, "csrf");
    return ERR_OK;
}

static Err run_desk(const Replay *r, ReplayJob *job)
{
    if (job->cookie.n == 0) {
        Err err = run_login(r, job);
        if (err)
            return err;
    }
    Str cookie = job->cookie.n ? job->cookie : job->ret_cookie;
    Str headers =
        str_fmt(job->arena, "Cookie: %.*s\r\nOrigin: %s\r\n", STR_ARG(cookie), r->target.url);
    return wire_open(&r->target, job->arena, &job->slot, "/api/ws", headers, &job->wire,
                     &job->status);
}

static Err run_close(const Replay *r, ReplayJob *job)
{
    Str headers = str_fmt(job->arena, "%sCookie: %.*s\r\nX-CSRF-Token: %.*s\r\nOrigin: %s\r\n",
                          JSON_TYPE, STR_ARG(job->cookie), STR_ARG(job->csrf), r->target.url);
    const char *path = str_c(job->arena, str_fmt(job->arena, "/api/conversations/%lld/close",
                                                 (long long)job->conversation));
    WireReply reply;
    const Json *json;
    return call(r, job, path, headers, STR("{\"reason\":\"resolved\"}"), &reply, &json);
}

void job_run(const Replay *r, ReplayJob *job)
{
    err_clear(&job->slot);
    job->status = 0;
    job->retry_after_ms = 0;
    job->wire = NULL;
    job->ret_token = job->ret_cookie = job->ret_csrf = STR_NONE;
    switch (job->kind) {
    case JOB_SESSION:
        job->err = run_session(r, job);
        break;
    case JOB_DESK:
        job->err = run_desk(r, job);
        break;
    case JOB_CLOSE:
        job->err = run_close(r, job);
        break;
    }
}
