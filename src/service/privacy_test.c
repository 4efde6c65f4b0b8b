/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing one customer, and what is older than a shop keeps: words go, counts stay, nothing else is
 * touched. */
#include "service/privacy.h"
#include "service/test_desk.h"
#include "service/upload.h"

#include "base/file.h"
#include "desk/privacy.h"

#include <unistd.h>

#define DAY_MS INT64_C(86400000)
#define SECRET "我住在桂花巷十七号"

/* ---- helpers ---- */
static Err prepare(Desk *d, Actor who, int64_t customer_id, ServiceErased *ret)
{
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    return service_erase_prepare(d->service, &d->c, d->dir, customer_id, ret);
}

typedef struct {
    int64_t id;
    ServiceErased done;
} Erase;
static Err run_erase(Ctx *c, void *arg)
{
    Erase *e = arg;
    return service_erase(c, e->id, &e->done);
}
static Err erase(Desk *d, Actor who, int64_t customer_id, ServiceErased *ret)
{
    Erase e = {.id = customer_id};
    Err err = prepare(d, who, customer_id, &e.done);
    *ret = e.done;
    return err ? err : desk_write(d, who, run_erase, &e);
}

static const char PNG[] = "\x89PNG\r\n\x1a\n"
                          "\0\0\0\x0dIHDR\0\0\0\x18\0\0\0\x10\x08\2\0\0\0\1\2\3\4"
                          "\0\0\0\2IDATpxCRCC"
                          "\0\0\0\0IENDCRCC";
static Err store_row(Ctx *c, void *arg)
{
    ServiceUpload *u = arg;
    return service_upload(c, u, &u->file);
}
static int64_t upload(Desk *d, Actor who)
{
    ServiceUpload u = {.data_dir = d->dir,
                       .name = STR("门牌.png"),
                       .declared = STR("image/png"),
                       .bytes = {PNG, sizeof PNG - 1}};
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    OK(service_upload_prepare(d->store, &d->c, &u));
    OK(desk_write(d, who, store_row, &u));
    return u.file.id;
}
static bool on_disk(Desk *d, int64_t id)
{
    return file_exists(upload_path(d->arena, d->dir, id).p);
}
static int64_t send_file(Desk *d, Actor who, int64_t conversation_id, const char *client_id)
{
    int64_t id = upload(d, who);
    ServiceSend m = {.conversation_id = conversation_id,
                     .client_id = str_of(client_id),
                     .kind = STR("image"),
                     .file_id = id};
    OK(desk_send(d, who, &m));
    return id;
}

typedef struct {
    int64_t id;
    DeskCustomer cu;
    DeskIdentity *identities;
    size_t identity_n;
    DeskFile *files;
    size_t file_n;
} Look;
static Err look(Ctx *c, void *arg)
{
    Look *l = arg;
    Err err = desk_customer_get(c, l->id, &l->cu);
    if (!err)
        err = desk_privacy_identities(c, l->id, &l->identities, &l->identity_n);
    return err ? err : desk_privacy_files(c, l->id, 0, 100, &l->files, &l->file_n);
}
static Look look_at(Desk *d, int64_t customer_id)
{
    Look l = {.id = customer_id};
    OK(desk_read(d, d->ann, look, &l));
    return l;
}

static Err fill(Ctx *c, void *arg)
{
    int64_t id = *(int64_t *)arg;
    Err err = desk_customer_update(c, id, STR("王桂花"), STR("桂花巷"), STR("金牌"));
    if (!err)
        err = desk_customer_contact(c, id, STR(""), STR("138-0000-0000"));
    return err ? err : desk_customer_identify(c, 1, STR("u-77"), id);
}
static Err rate(Ctx *c, void *arg)
{
    DeskConversation conv;
    Err err = desk_conversation_lock(c, *(int64_t *)arg, &conv);
    return err ? err : desk_conversation_rate(c, &conv, 2, STR("[\"慢\"]"), STR(SECRET));
}

/* Somewhere in a copy of the database's pages, free ones too? */
static bool in_pages(Desk *d, const char *name)
{
    Str bytes;
    ErrSlot e = {0};
    const char *dir = str_fmt(d->arena, "%s/%s", d->dir, name).p;
    assert_int_equal(file_mkdirs(&e, dir, 0700), ERR_OK);
    assert_int_equal(store_backup(d->store, dir, &e), ERR_OK);
    const char *path = str_fmt(d->arena, "%s/zhixin.db", dir).p;
    assert_int_equal(file_read(d->arena, &e, path, 64 << 20, &bytes), ERR_OK);
    return str_find(bytes, STR(SECRET)) >= 0;
}

static void all_words_go(Desk *d, int64_t conversation_id)
{
    size_t n;
    DeskConversation conv = desk_row(d, conversation_id);
    DeskMessage *m = desk_messages(d, conversation_id, &n);
    assert_int_equal(conv.last_seq, n);
    assert_int_equal(conv.last_text.n, 0);
    assert_int_equal(conv.page_url.n + conv.page_title.n + conv.rating_note.n, 0);
    for (size_t i = 0; i < n; i++) {
        if (!str_is(m[i].role, "system"))
            assert_int_equal(m[i].body.n, 0);
        assert_int_equal(m[i].extra.n + m[i].understanding.n, 0);
        if (str_is(m[i].role, "customer"))
            assert_int_equal(m[i].sender_name.n, 0);
        assert_true(m[i].at_ms > 0);
    }
}

/* ---- tests ---- */
static void one_customer_is_erased_and_no_other(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web), other = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, SECRET);
    DeskConversation theirs = desk_said(d, other, "另一位");
    OK(desk_write(d, d->ann, fill, &v.customer_id));
    desk_answer(d, d->bo, conv.id, "好的，" SECRET "。");
    int64_t picture = send_file(d, v, 0, "f1"), reply = send_file(d, d->bo, conv.id, "f2");
    int64_t unsent = upload(d, v), kept = send_file(d, other, 0, "f3");
    OK(desk_write(d, d->ann, rate, &conv.id));
    bool pages = !store_is_pg(d->store);
    if (pages)
        assert_true(in_pages(d, "before"));

    ServiceErased done;
    OK(erase(d, d->ann, v.customer_id, &done));
    assert_int_equal(done.conversations, 1);
    assert_int_equal(done.files, 3);
    assert_true(done.messages >= 4);
    DeskConversation now = desk_row(d, conv.id);
    assert_str(now.status, "closed"); /* it was open */
    assert_str(now.close_reason, "erased");
    assert_int_equal(now.rating_score, 2);
    all_words_go(d, conv.id);
    assert_false(on_disk(d, picture) || on_disk(d, reply) || on_disk(d, unsent));
    Look l = look_at(d, v.customer_id);
    assert_true(l.cu.erased_at > 0);
    assert_int_equal(l.cu.name.n + l.cu.note.n + l.cu.contact.n + l.cu.vip.n + l.cu.page_url.n, 0);
    assert_int_equal(l.identity_n + l.file_n, 0);
    if (pages)
        assert_false(in_pages(d, "after"));

    assert_true(on_disk(d, kept));
    size_t n;
    assert_str(desk_messages(d, theirs.id, &n)[0].body, "另一位");
    assert_int_equal(look_at(d, other.customer_id).file_n, 1);

    /* again changes nothing */
    int64_t first = l.cu.erased_at;
    d->now += 1000;
    OK(erase(d, d->ann, v.customer_id, &done));
    assert_int_equal(done.conversations + done.messages + done.files, 0);
    assert_int_equal(look_at(d, v.customer_id).cu.erased_at, first);
}

static void who_is_erased_is_a_stranger_after(void **state)
{
    Desk *d = *state;
    ServiceSession ss = {.channel_key = d->web.key};
    OK(desk_session(d, &ss));
    Actor v = d->c.actor;
    desk_said(d, v, "你好");
    ServiceErased done;
    OK(erase(d, d->ann, v.customer_id, &done));
    ServiceSend m;
    REFUSED(desk_say(d, v, "again", "还在吗", &m), ERR_AUTH, "visitor.token"); /* an open socket */
    ServiceSession back = {.channel_key = d->web.key, .token = ss.new_token};
    OK(desk_session(d, &back));
    assert_int_not_equal(back.customer.id, v.customer_id);
    assert_false(back.has_conversation);
}

typedef struct {
    int64_t from, into;
} Pair;
static Err merge(Ctx *c, void *arg)
{
    Pair *p = arg;
    return desk_customer_merge(c, p->from, p->into);
}

static void merged_records_go_with_it(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->app), x = desk_visitor(d, &d->app);
    DeskConversation a = desk_said(d, v, SECRET), b = desk_said(d, w, SECRET);
    int64_t file = upload(d, x);
    OK(desk_write(d, d->ann, fill, &w.customer_id));
    OK(desk_write(d, d->ann, merge, &(Pair){x.customer_id, w.customer_id}));
    OK(desk_write(d, d->ann, merge, &(Pair){w.customer_id, v.customer_id}));
    ServiceErased done;
    REFUSED(prepare(d, d->ann, w.customer_id, &done), ERR_CONFLICT, "customer.merged");
    OK(erase(d, d->ann, v.customer_id, &done));
    assert_int_equal(done.conversations, 2);
    all_words_go(d, a.id);
    all_words_go(d, b.id);
    assert_int_equal(look_at(d, w.customer_id).cu.name.n, 0);
    assert_true(look_at(d, x.customer_id).cu.erased_at > 0);
    assert_false(on_disk(d, file));
}

static void other_shops_are_out_of_reach(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->other);
    DeskConversation conv = desk_said(d, v, SECRET);
    ServiceErased done;
    REFUSED(prepare(d, d->ann, v.customer_id, &done), ERR_NOT_FOUND, "customer.unknown");
    size_t n;
    assert_str(desk_messages(d, conv.id, &n)[0].body, SECRET);
}

static void who_writes_in_between_is_not_marked(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    desk_said(d, v, "一");
    Erase e = {.id = v.customer_id};
    OK(prepare(d, d->ann, v.customer_id, &e.done));
    DeskConversation conv = desk_said(d, v, SECRET); /* reopens it */
    REFUSED(desk_write(d, d->ann, run_erase, &e), ERR_CONFLICT, "customer.writes_now");
    assert_int_equal(look_at(d, v.customer_id).cu.erased_at, 0);
    OK(erase(d, d->ann, v.customer_id, &e.done));
    all_words_go(d, conv.id);
}

static bool sweep(Desk *d, ServiceErased *ret)
{
    bool more;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    OK(service_retention_sweep(d->service, &d->c, d->dir, ret, &more));
    return more;
}

typedef struct {
    ServiceRetention r;
    int64_t expected;
} Put;
static Err put_retention(Ctx *c, void *arg)
{
    Put *p = arg;
    return service_retention_put(c, &p->r, p->expected);
}

static void old_things_go_when_the_shop_says_so(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    desk_status(d, d->yan, "online");
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web),
          x = desk_visitor(d, &d->other);
    DeskConversation old = desk_said(d, v, SECRET), other = desk_said(d, x, SECRET);
    int64_t file = send_file(d, v, 0, "f1");
    OK(desk_close_it(d, d->bo, old.id));
    OK(desk_close_it(d, d->yan, other.id));
    d->now += 10 * DAY_MS;
    DeskConversation fresh = desk_said(d, w, SECRET), open = desk_said(d, v, "又来了");
    int64_t fresh_file = send_file(d, w, 0, "f2");
    OK(desk_close_it(d, d->sue, fresh.id));
    ServiceErased done;
    assert_false(sweep(d, &done)); /* nothing is asked for */
    assert_int_equal(done.conversations + done.files, 0);

    Put put = {.r = {.messages_days = 7, .files_days = 0}, .expected = 0};
    OK(desk_write(d, d->ann, put_retention, &put));
    assert_int_equal(put.r.version, 1);
    REFUSED(desk_write(d, d->ann, put_retention, &put), ERR_CONFLICT, "setting.changed");
    assert_false(sweep(d, &done));
    assert_int_equal(done.conversations, 1);
    assert_int_equal(done.files, 1);
    all_words_go(d, old.id);
    assert_false(on_disk(d, file));
    assert_true(on_disk(d, fresh_file));
    size_t n;
    assert_str(desk_messages(d, fresh.id, &n)[0].body, SECRET);
    assert_str(desk_messages(d, open.id, &n)[0].body, "又来了");
    assert_str(desk_messages(d, other.id, &n)[0].body, SECRET); /* shop B keeps its own */
    sweep(d, &done);
    assert_int_equal(done.conversations, 0);

    /* files alone */
    put = (Put){.r = {.files_days = 3}, .expected = 1};
    OK(desk_write(d, d->ann, put_retention, &put));
    d->now += 4 * DAY_MS;
    sweep(d, &done);
    assert_int_equal(done.files, 1);
    assert_false(on_disk(d, fresh_file));
    assert_str(desk_messages(d, fresh.id, &n)[0].body, SECRET);
    put.r.audit_days = -1;
    put.expected = 2;
    REFUSED(desk_write(d, d->ann, put_retention, &put), ERR_INVALID, "request.field_value");
}

static Err reopen(Ctx *c, void *arg)
{
    DeskConversation row;
    return service_staff_reopen(((Desk *)arg)->service, c, ((Desk *)arg)->n, &row);
}

static void what_goes_on_is_erased_once_more(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, SECRET);
    OK(desk_close_it(d, d->sue, conv.id));
    Put put = {.r = {.messages_days = 1}, .expected = -1};
    OK(desk_write(d, d->ann, put_retention, &put));
    d->now += 2 * DAY_MS;
    ServiceErased done;
    sweep(d, &done);
    assert_int_equal(done.conversations, 1);
    int64_t n = d->n;
    d->n = conv.id;
    OK(desk_write(d, d->sue, reopen, d));
    d->n = n;
    desk_answer(d, d->sue, conv.id, SECRET);
    OK(desk_close_it(d, d->sue, conv.id));
    sweep(d, &done);
    assert_int_equal(done.conversations, 0);
    d->now += 2 * DAY_MS;
    sweep(d, &done);
    assert_int_equal(done.conversations, 1);
    all_words_go(d, conv.id);
}

static void long_talks_take_several_steps(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, SECRET);
    OK(desk_take(d, d->sue, conv.id, false));
    for (int i = 0; i < DESK_ERASE_MESSAGES + 3; i++)
        desk_answer(d, d->sue, conv.id, "记录");
    ServiceErased done;
    OK(erase(d, d->ann, v.customer_id, &done));
    assert_true(done.messages > DESK_ERASE_MESSAGES);
    assert_int_equal(desk_row(d, conv.id).last_seq, done.messages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(one_customer_is_erased_and_no_other),
        DESK_TEST(who_is_erased_is_a_stranger_after),
        DESK_TEST(merged_records_go_with_it),
        DESK_TEST(other_shops_are_out_of_reach),
        DESK_TEST(who_writes_in_between_is_not_marked),
        DESK_TEST(old_things_go_when_the_shop_says_so),
        DESK_TEST(what_goes_on_is_erased_once_more),
        DESK_TEST(long_talks_take_several_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
