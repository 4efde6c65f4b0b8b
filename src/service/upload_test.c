/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads: what is taken, whose it is, how much, and that nothing stays behind. */
#include "service/upload.h"
#include "service/test_desk.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

static const char PNG[] = "\x89PNG\r\n\x1a\n"
                          "\0\0\0\x0dIHDR\0\0\0\x18\0\0\0\x10\x08\2\0\0\0\1\2\3\4"
                          "\0\0\0\6tEXtsecretCRCC"
                          "\0\0\0\2IDATpxCRCC"
                          "\0\0\0\0IENDCRCC";

typedef struct {
    ServiceUpload u;
    DeskFile f;
} Job;

static Err store_row(Ctx *c, void *arg)
{
    Job *j = arg;
    return service_upload(c, &j->u, &j->f);
}

static Err put(Desk *d, Actor who, Job *j)
{
    j->u.data_dir = d->dir;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    Err err = service_upload_prepare(d->store, &d->c, &j->u);
    return err ? err : desk_write(d, who, store_row, j);
}

static Job png_job(const char *name)
{
    return (Job){
        .u = {.name = str_of(name), .declared = STR("image/png"), .bytes = {PNG, sizeof PNG - 1}}};
}

static bool on_disk(Desk *d, int64_t id)
{
    return file_exists(upload_path(d->arena, d->dir, id).p);
}

static void picture_is_stored_clean(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    Job j = png_job("../..\\图 \xe2\x80\xae片.png");
    OK(put(d, v, &j));
    assert_str(j.f.name, "图 片.png");
    assert_str(j.f.type, "image/png");
    assert_int_equal(j.f.width, 24);
    assert_int_equal(j.f.height, 16);
    assert_int_equal(j.f.customer_id, v.customer_id);
    Str bytes;
    ErrSlot e = {0};
    assert_int_equal(file_read(d->arena, &e, upload_path(d->arena, d->dir, j.f.id).p, 1000, &bytes),
                     ERR_OK);
    assert_int_equal(bytes.n, j.f.bytes);
    assert_true(str_find(bytes, STR("secret")) < 0);
    struct stat st;
    assert_int_equal(stat(upload_path(d->arena, d->dir, j.f.id).p, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void refused(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    char *big = arena_alloc(d->arena, UPLOAD_MAX_BYTES + 1);
    memset(big, 'a', UPLOAD_MAX_BYTES + 1);
    const struct {
        Str declared, bytes;
        Err kind;
        const char *code;
    } cases[] = {
        {STR("image/png"), STR(""), ERR_INVALID, "file.empty"},
        {STR("text/plain"), {big, UPLOAD_MAX_BYTES + 1}, ERR_TOO_LARGE, "file.too_large"},
        {STR("image/png"), STR("MZ\x90\0"), ERR_INVALID, "file.type"},
        {STR("image/png"), STR("<script>"), ERR_INVALID, "file.type_mismatch"},
        {STR("text/html"), STR("<script>"), ERR_INVALID, "file.type_mismatch"},
        {STR("image/jpeg"), {PNG, sizeof PNG - 1}, ERR_INVALID, "file.type_mismatch"},
        {STR("image/png"), {PNG, sizeof PNG - 8}, ERR_INVALID, "file.broken"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Job j = {.u = {.declared = cases[i].declared, .bytes = cases[i].bytes}};
        REFUSED(put(d, v, &j), cases[i].kind, cases[i].code);
    }
    Job plain = {.u = {.declared = STR("text/plain; charset=utf-8"), .bytes = STR("订单")}};
    OK(put(d, v, &plain));
    assert_str(plain.f.name, "file");
    assert_int_equal(plain.f.width, 0);
    Job unsaid = {.u = {.declared = STR("application/octet-stream"), .bytes = STR("%PDF-1.4")}};
    OK(put(d, v, &unsaid));
    assert_str(unsaid.f.type, "application/pdf");
}

static void a_day_has_a_quota(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    for (int i = 0; i < DESK_FILES_A_DAY; i++) {
        Job j = png_job("a.png");
        OK(put(d, v, &j));
    }
    Job more = png_job("a.png");
    REFUSED(put(d, v, &more), ERR_LIMIT, "file.quota");
    assert_true(d->c.err.retry_after_ms > 0);
    OK(put(d, w, &more));
    OK(put(d, d->bo, &more)); /* staff have none */
    d->now += DAY_MS + 1;
    OK(put(d, v, &more));
}

typedef struct {
    int64_t id;
    Str key;
    DeskFile f;
} Find;
static Err use(Ctx *c, void *arg)
{
    Find *f = arg;
    return desk_file_use(c, f->id, &f->f);
}
static Err by_key(Ctx *c, void *arg)
{
    Find *f = arg;
    return desk_file_by_key(c, f->id, f->key, &f->f);
}

static void whose_it_is(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    Job j = png_job("a.png");
    OK(put(d, v, &j));
    Find f = {.id = j.f.id, .key = j.f.link_key};
    REFUSED(desk_write(d, w, use, &f), ERR_NOT_FOUND, "file.unknown");
    REFUSED(desk_write(d, d->bo, use, &f), ERR_NOT_FOUND, "file.unknown");
    OK(desk_write(d, v, use, &f));
    OK(desk_read(d, d->yan, by_key, &f)); /* the key is the proof */
    f.key = STR("x");
    REFUSED(desk_read(d, v, by_key, &f), ERR_NOT_FOUND, "file.unknown");
    f.key = STR("");
    REFUSED(desk_read(d, v, by_key, &f), ERR_NOT_FOUND, "file.unknown");
}

static int64_t sweep(Desk *d)
{
    int64_t removed;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    OK(upload_sweep(d->store, &d->c, d->dir, &removed));
    return removed;
}

/* As if it had been written so long ago. */
static void age(Desk *d, const char *path, int64_t by_ms)
{
    struct timespec at = {.tv_sec = (time_t)((d->now - by_ms) / 1000)};
    struct timespec times[2] = {at, at};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_nobody_used_goes(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    Job used = png_job("a.png"), unused = png_job("b.png"), fresh = png_job("c.png");
    OK(put(d, v, &used));
    OK(put(d, v, &unused));
    Find f = {.id = used.f.id};
    OK(desk_write(d, v, use, &f));
    assert_int_equal(sweep(d), 0);
    d->now += DAY_MS + 1000;
    OK(put(d, v, &fresh));
    age(d, upload_path(d->arena, d->dir, used.f.id).p, 2 * DAY_MS);
    assert_int_equal(sweep(d), 1);
    assert_true(on_disk(d, used.f.id));
    assert_true(on_disk(d, fresh.f.id));
    assert_false(on_disk(d, unused.f.id));
    f.id = unused.f.id;
    REFUSED(desk_write(d, v, use, &f), ERR_NOT_FOUND, "file.unknown");
}

static void bytes_without_a_row_go(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    Job j = png_job("a.png");
    j.u.data_dir = d->dir;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = v;
    OK(service_upload_prepare(d->store, &d->c, &j.u)); /* and then the power fails */
    const char *path = upload_path(d->arena, d->dir, j.u.file.id).p;
    age(d, path, DAY_MS / 2);
    assert_int_equal(sweep(d), 0);
    age(d, path, 2 * DAY_MS);
    assert_int_equal(sweep(d), 1);
    assert_false(on_disk(d, j.u.file.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(picture_is_stored_clean), DESK_TEST(refused),
        DESK_TEST(a_day_has_a_quota),       DESK_TEST(whose_it_is),
        DESK_TEST(what_nobody_used_goes),   DESK_TEST(bytes_without_a_row_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
