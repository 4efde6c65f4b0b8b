/* SPDX-License-Identifier: Apache-2.0 */
/* Yardstick 2, the bare slice: epoll thread -> queue -> SQLite writer thread (WAL, FULL) ->
 * eventfd -> acknowledge, and two fan-out sends. No JSON, no users, no checks, no understanding.
 *
 * Each commit takes whatever queued up while the last one ran, at most BATCH_MAX messages.
 * Sockets on path /listen receive; all others send: 8 bytes of tag, then the text. The answer is
 * the tag again; listeners get tag and text. A connection is a conversation of its own.
 *
 * usage: yard_slice DATABASE SQLFILE [PORT] */
#include "bare.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH_MAX = 512, TAG_BYTES = 8, TEXT_MAX = 2048, LISTENERS_MAX = 1024, FAN_OUT = 2 };
enum { IS_SENDER = 0, IS_LISTENER = 1 };

typedef struct Job Job;
struct Job {
    Job *next;
    int fd;
    uint32_t generation;
    uint32_t length;
    int64_t seq;
    uint8_t data[]; /* tag and text */
};

typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    Job *first, **last; /* waiting for the writer */
    Job *done, **done_last;
    bool stopping;
    int wake_fd;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *open, *touch, *insert;
    BareConn *listeners[LISTENERS_MAX]; /* the epoll thread's alone */
    uint32_t listener_count;
} Slice;

static void die(Slice *slice, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, slice->db ? sqlite3_errmsg(slice->db) : strerror(errno));
    exit(1);
}

static void opened(void *context, BareServer *server, BareConn *conn, const char *path)
{
    Slice *slice = context;
    (void)server;
    if (strcmp(path, "/listen") == 0 && slice->listener_count < LISTENERS_MAX) {
        conn->tag = IS_LISTENER;
        slice->listeners[slice->listener_count++] = conn;
    }
}

static void closed(void *context, BareServer *server, BareConn *conn)
{
    Slice *slice = context;
    (void)server;
    if (conn->tag != IS_LISTENER)
        return;
    for (uint32_t i = 0; i < slice->listener_count; i++)
        if (slice->listeners[i] == conn)
            slice->listeners[i] = slice->listeners[--slice->listener_count];
}

static void received(void *context, BareServer *server, BareConn *conn, WireFrame frame)
{
    Slice *slice = context;
    (void)server;
    if (frame.length < TAG_BYTES || frame.length > TEXT_MAX)
        return;
    Job *job = malloc(sizeof *job + frame.length);
    if (!job)
        abort();
    *job = (Job){.fd = conn->fd, .generation = conn->generation, .length = (uint32_t)frame.length};
    memcpy(job->data, frame.payload, frame.length);
    pthread_mutex_lock(&slice->lock);
    bool was_empty = !slice->first;
    *slice->last = job;
    slice->last = &job->next;
    if (was_empty)
        pthread_cond_signal(&slice->filled);
    pthread_mutex_unlock(&slice->lock);
}

static void acknowledge(Slice *slice, BareServer *server, Job *job)
{
    BareConn *conn = bare_server_conn(server, job->fd, job->generation);
    if (conn)
        bare_conn_send(server, conn, WIRE_BINARY, job->data, TAG_BYTES);
    uint8_t frame[TEXT_MAX + WIRE_HEADER_MAX];
    size_t header = wire_frame_header(frame, WIRE_BINARY, job->length, NULL);
    memcpy(frame + header, job->data, job->length);
    for (uint32_t i = 0; i < FAN_OUT && i < slice->listener_count; i++) {
        uint32_t at = (job->generation + i) % slice->listener_count;
        bare_conn_send_raw(server, slice->listeners[at], frame, header + job->length);
    }
}

static void woken(void *context, BareServer *server)
{
    Slice *slice = context;
    uint64_t count;
    if (read(slice->wake_fd, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&slice->lock);
    Job *job = slice->done;
    slice->done = NULL;
    slice->done_last = &slice->done;
    pthread_mutex_unlock(&slice->lock);
    while (job) {
        Job *next = job->next;
        acknowledge(slice, server, job);
        free(job);
        job = next;
    }
}

static void step(Slice *slice, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        die(slice, "step");
}

static void store(Slice *slice, Job *job, int64_t now_ms)
{
    sqlite3_int64 conversation = job->generation;
    sqlite3_bind_int64(slice->touch, 1, conversation);
    sqlite3_bind_int64(slice->touch, 2, now_ms);
    int code = sqlite3_step(slice->touch);
    if (code == SQLITE_DONE) { /* the conversation's first message */
        sqlite3_bind_int64(slice->open, 1, conversation);
        sqlite3_bind_int64(slice->open, 2, now_ms);
        step(slice, slice->open);
        sqlite3_reset(slice->open);
        sqlite3_reset(slice->touch);
        code = sqlite3_step(slice->touch);
    }
    if (code != SQLITE_ROW)
        die(slice, "touch");
    job->seq = sqlite3_column_int64(slice->touch, 0);
    sqlite3_reset(slice->touch);
    sqlite3_bind_int64(slice->insert, 1, conversation);
    sqlite3_bind_int64(slice->insert, 2, job->seq);
    sqlite3_bind_int64(slice->insert, 3, now_ms);
    sqlite3_bind_text(slice->insert, 4, (const char *)job->data + TAG_BYTES,
                      (int)job->length - TAG_BYTES, SQLITE_STATIC);
    step(slice, slice->insert);
    sqlite3_reset(slice->insert);
}

static Job *take_batch(Slice *slice)
{
    pthread_mutex_lock(&slice->lock);
    while (!slice->first && !slice->stopping)
        pthread_cond_wait(&slice->filled, &slice->lock);
    Job *batch = slice->first;
    Job **cut = &slice->first;
    for (int i = 0; i < BATCH_MAX && *cut; i++)
        cut = &(*cut)->next;
    slice->first = *cut;
    *cut = NULL;
    if (!slice->first)
        slice->last = &slice->first;
    pthread_mutex_unlock(&slice->lock);
    return batch;
}

static void commit_batch(Slice *slice, Job *batch)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    step(slice, slice->begin);
    sqlite3_reset(slice->begin);
    Job *last = batch;
    for (Job *job = batch; job; job = job->next) {
        store(slice, job, now_ms);
        last = job;
    }
    step(slice, slice->commit);
    sqlite3_reset(slice->commit);
    uint64_t one = 1;
    pthread_mutex_lock(&slice->lock);
    *slice->done_last = batch;
    slice->done_last = &last->next;
    pthread_mutex_unlock(&slice->lock);
    if (write(slice->wake_fd, &one, sizeof one) < 0)
        die(slice, "eventfd");
}

static void *write_lane(void *context)
{
    Slice *slice = context;
    for (Job *batch = take_batch(slice); batch; batch = take_batch(slice))
        commit_batch(slice, batch);
    return NULL;
}

static sqlite3_stmt *prepare(Slice *slice, const char *file, const char *name, bool run)
{
    char mark[64];
    snprintf(mark, sizeof mark, "-- @%s\n", name);
    const char *start = strstr(file, mark);
    if (!start)
        die(slice, name);
    start += strlen(mark);
    const char *stop = strstr(start, "-- @");
    size_t length = stop ? (size_t)(stop - start) : strlen(start);
    char *text = strndup(start, length);
    sqlite3_stmt *statement = NULL;
    int code =
        run ? sqlite3_exec(slice->db, text, NULL, NULL, NULL)
            : sqlite3_prepare_v3(slice->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK)
        die(slice, name);
    free(text);
    return statement;
}

static void open_database(Slice *slice, const char *path, const char *sql_path)
{
    char text[8192] = "";
    FILE *file = fopen(sql_path, "rb");
    if (!file || fread(text, 1, sizeof text - 1, file) == 0)
        die(slice, sql_path);
    fclose(file);
    if (sqlite3_open(path, &slice->db) != SQLITE_OK)
        die(slice, path);
    prepare(slice, text, "schema", true);
    slice->begin = prepare(slice, text, "begin", false);
    slice->commit = prepare(slice, text, "commit", false);
    slice->open = prepare(slice, text, "open", false);
    slice->touch = prepare(slice, text, "touch", false);
    slice->insert = prepare(slice, text, "insert", false);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: yard_slice DATABASE SQLFILE [PORT]\n");
        return 2;
    }
    Slice slice = {.lock = PTHREAD_MUTEX_INITIALIZER, .filled = PTHREAD_COND_INITIALIZER};
    slice.last = &slice.first;
    slice.done_last = &slice.done;
    open_database(&slice, argv[1], argv[2]);
    slice.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    BareHandlers handlers = {.opened = opened, .frame = received, .closed = closed, .woken = woken};
    long port = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
    BareServer *server = bare_server_create((uint16_t)port, slice.wake_fd, &handlers, &slice);
    pthread_t writer;
    if (pthread_create(&writer, NULL, write_lane, &slice) != 0)
        die(&slice, "pthread_create");
    bare_server_run(server);
    pthread_mutex_lock(&slice.lock);
    slice.stopping = true;
    pthread_cond_signal(&slice.filled);
    pthread_mutex_unlock(&slice.lock);
    pthread_join(writer, NULL);
    bare_server_destroy(server);
    sqlite3_finalize(slice.begin);
    sqlite3_finalize(slice.commit);
    sqlite3_finalize(slice.open);
    sqlite3_finalize(slice.touch);
    sqlite3_finalize(slice.insert);
    sqlite3_close(slice.db);
    close(slice.wake_fd);
    return 0;
}
