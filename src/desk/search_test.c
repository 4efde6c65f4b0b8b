/* SPDX-License-Identifier: Apache-2.0 */
/* Search over a real store: everything that holds the words is found, the newest first, whatever
 * the index is doing at the time. */
#include "desk/test_search.h"

#include "sql/conversation.h"
#include "sql/message.h"
#include "sql/search.h"

#include <string.h>

static void everything_is_found_from_one_character_on(void **state)
{
    Fix *f = *state;
    size_t hits = 0, queries = 0;
    int building = 0;
    f->merge_base = 400; /* merges take many steps */
    search_run_follower(f, 8);
    for (int round = 0; round < 24; round++) {
        search_say_many(f, 0, 190 + search_draw(f, 40));
        search_say_many(f, 1, search_draw(f, 60) + 1);
        if (round % 2)
            search_caught_up(f);
        building += search_counts(f).building > 0;
        for (int i = 0; i < 10; i++, queries++)
            hits += search_check(f, search_draw(f, 4) == 0, search_made_query(f),
                                 1 + search_draw(f, DESK_SEARCH_PAGE));
    }
    search_caught_up(f);
    Counts k = search_counts(f);
    print_message("%zu messages, %d segments, half merged in %d of 24 looks\n", f->said_n,
                  (int)k.segments, building);
    assert_true(building > 4 && k.segments <= 60);
    for (int i = 0; i < 200; i++, queries++)
        hits += search_check(f, search_draw(f, 4) == 0, search_made_query(f),
                             1 + search_draw(f, DESK_SEARCH_PAGE));
    assert_true(hits > queries);
}

static void what_was_just_sent_is_found(void **state)
{
    Fix *f = *state;
    search_say_many(f, 0, 300); /* nobody follows yet */
    search_say_many(f, 1, 100);
    for (int i = 0; i < 60; i++)
        search_check(f, search_draw(f, 2), search_made_query(f), 1 + search_draw(f, 30));
    search_run_follower(f, 50);
    search_caught_up(f);
    for (int i = 0; i < 40; i++) {
        search_say(f, 0, "刚刚发的新消息");
        search_check(f, 0, STR("刚刚发的新消息"), 5);
        search_check(f, 0, STR("刚"), 5);
    }
}

/* A page ends in the log, the index takes it in, the next page goes on behind it. */
static void pages_go_on_while_the_index_grows(void **state)
{
    Fix *f = *state;
    for (int i = 0; i < 40; i++)
        search_say(f, 0, i % 3 ? "要退货" : "没别的");
    Asked a = {.q = STR("退货"), .limit = 7};
    assert_int_equal(search_read_it(f, 0, search_ask, &a), ERR_OK);
    assert_int_equal(a.page.n, 7);
    assert_true(a.page.next.n && a.page.next.p[0] == 't');
    Str next = a.page.next;
    size_t below = f->said_n;
    for (int left = 7; left; below--)
        left -= str_is(f->said[below - 1].text, "要退货");
    search_check_from(f, 0, a.q, 3, next, below);
    search_say(f, 0, "又要退货");
    search_check_from(f, 0, a.q, 3, next, below); /* what is new does not come into later pages */
    search_run_follower(f, 4);
    search_caught_up(f);
    search_say(f, 0, "再要退货");
    assert_int_equal(search_check_from(f, 0, a.q, 3, next, below), 19);
    assert_int_equal(search_check(f, 0, a.q, 100), 28);
    static const char *const bad[] = {"x",      "d",          "d0",       "d-1", "d1x",
                                      "t1.2.3", "t1.2.3.4.5", "t1.2.3.x", "t"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        a.cursor = str_of(bad[i]);
        assert_int_equal(search_read_it(f, 0, search_ask, &a), ERR_INVALID);
        assert_string_equal(f->c.err.code, "search.cursor");
    }
}

static void folding_and_words(void **state)
{
    Fix *f = *state;
    search_say(f, 0, "請問這件衣服的運費誰出");
    search_say(f, 0, "订单号 ＳＦ1380099 1266，谢谢");
    search_say(f, 0, "Hello WORLD");
    for (int following = 0; following < 2; following++) {
        static const struct {
            const char *q;
            size_t n;
        } cases[] = {{"运费", 1},     {"運費", 1},   {"sf138", 1},     {"0099 126", 1},
                     {"ｗｏｒ", 1},   {"ELLO w", 1}, {"运费 衣服", 1}, {"衣服 没有", 0},
                     {"wor hell", 1}, {"１３８", 1}};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            Asked a = {.q = str_of(cases[i].q), .limit = 20};
            assert_int_equal(search_read_it(f, 0, search_ask, &a), ERR_OK);
            assert_int_equal(a.page.n, cases[i].n);
        }
        if (!following)
            search_run_follower(f, 100);
        search_caught_up(f);
    }
}

static Err recall_run(Ctx *c, void *arg)
{
    const Said *m = arg;
    return store_exec(c, &MESSAGE_RECALL,
                      BINDS(i64(m->conversation_id), i64(m->seq), i64(c->now_ms)), NULL);
}

static void recalled_messages_and_notes(void **state)
{
    Fix *f = *state;
    for (int following = 0; following < 2; following++) {
        Said *m = search_say(f, 0, "发错了的话");
        search_say(f, 0, "发错了的东西");
        Said *note = search_prepare(f, 0, STR("内部备注发错了"));
        search_write_it(f, 0, search_say_run, &(Saying){f, note, 1, "note"});
        if (following)
            search_caught_up(f);
        search_check(f, 0, STR("发错了"), 10);
        search_write_it(f, 0, recall_run, m);
        m->hidden = true;
        assert_int_equal(search_check(f, 0, STR("发错了"), 10), 2 + 2 * (size_t)following);
        assert_int_equal(search_check(f, 1, STR("发错了"), 10), 0);
        if (!following)
            search_run_follower(f, 100);
        search_caught_up(f);
        search_check(f, 0, STR("发错了"), 10);
    }
}

typedef struct {
    Fix *f;
    size_t from, into;
} Move;
static Err move_run(Ctx *c, void *arg)
{
    Move *m = arg;
    Fix *f = m->f;
    int64_t from = f->conv[0][m->from], into = f->conv[0][m->into], by = f->last_seq[0][m->into];
    Err err =
        store_exec(c, &CONVERSATION_MOVE_MESSAGES, BINDS(i64(from), i64(into), i64(by)), NULL);
    return err ? err : desk_search_moved(c, from, into, by);
}
static void move_it(Fix *f, size_t from, size_t into)
{
    search_write_it(f, 0, move_run, &(Move){f, from, into});
    for (size_t i = 0; i < f->said_n; i++)
        if (f->said[i].conversation_id == f->conv[0][from]) {
            f->said[i].conversation_id = f->conv[0][into];
            f->said[i].seq += f->last_seq[0][into];
        }
    f->last_seq[0][into] += f->last_seq[0][from];
    f->last_seq[0][from] = 0;
}

static void merged_conversations_are_followed(void **state)
{
    Fix *f = *state;
    search_say_many(f, 0, 200);
    move_it(f, 0, 1); /* before anybody follows */
    for (int i = 0; i < 20; i++)
        search_check(f, 0, search_made_query(f), 20);
    search_run_follower(f, 30);
    search_caught_up(f);
    for (int i = 0; i < 20; i++)
        search_check(f, 0, search_made_query(f), 20);
    move_it(f, 1, 2); /* what had come from 0 goes on, and what was behind it in the index */
    move_it(f, 3, CONVS - 1);
    for (int i = 0; i < 40; i++)
        search_check(f, 0, search_made_query(f), 20);
}

/* What a step did goes with its cursor: failed steps leave nothing, none counts twice. */
static void failed_steps_leave_nothing(void **state)
{
    Fix *f = *state;
    search_say_many(f, 0, 400);
    atomic_store(&f->fail_steps, 3);
    search_run_follower(f, 64);
    search_caught_up(f);
    assert_int_equal(atomic_load(&f->fail_steps), 0);
    for (int i = 0; i < 60; i++)
        search_check(f, 0, search_made_query(f), 1 + search_draw(f, 50));
    atomic_store(&f->fail_steps, 2);
    search_say_many(f, 0, 100);
    search_caught_up(f);
    for (int i = 0; i < 60; i++)
        search_check(f, 0, search_made_query(f), 1 + search_draw(f, 50));
}

static Err clear_run(Ctx *c, void *arg)
{
    (void)arg;
    return desk_search_clear(c);
}

static void made_anew(void **state)
{
    Fix *f = *state;
    search_say_many(f, 0, 700);
    search_run_follower(f, 90);
    search_caught_up(f);
    move_it(f, 4, 5);
    f->said[3].hidden = true;
    search_write_it(f, 0, recall_run, &f->said[3]);
    store_close(f->store);
    search_open(f);
    search_write_it(f, 0, clear_run, NULL);
    assert_int_equal(search_counts(f).segments, 0);
    search_say_many(f, 1, 50);
    search_run_follower(f, 200);
    search_caught_up(f);
    for (int i = 0; i < 80; i++)
        search_check(f, 0, search_made_query(f), 1 + search_draw(f, 50));
}

static Err erase_run(Ctx *c, void *arg)
{
    return desk_event(c, "conversation.erased.1", *(int64_t *)arg, 0, 0);
}

/* The documents of all postings, and how many of them have no document row. */
typedef struct {
    int64_t shop_id, postings, stale;
} Scan;
static Err scan_run(Ctx *c, void *arg)
{
    Scan *s = arg;
    SearchSegment *list = NULL;
    size_t n = 0;
    int64_t gone = 0;
    s->postings = 0;
    Err err = store_i64(c, &SEARCH_GONE_NEXT, BINDS(i64(0)), 0, &gone);
    s->stale = gone;
    if (!err)
        err = search_segments(c, &list, &n);
    for (size_t i = 0; i < n && !err; i++) {
        SearchKey at = {s->shop_id, 0, INT64_MIN};
        for (bool found = true; found && !err;) {
            SearchChunk chunk;
            SearchReader r;
            err = store_one(c, &SEARCH_SEEK_CHUNK,
                            BINDS(i64(list[i].id), i64(s->shop_id), i64(at.term), i64(at.ndoc)),
                            &SEARCH_CHUNK_MAP, &chunk, &found);
            if (err || !found)
                break;
            search_reader_init(&r, chunk.data);
            while (search_reader_list(&r))
                do {
                    s->postings++;
                    at = (SearchKey){s->shop_id, r.term, 1 - r.doc};
                } while (search_reader_doc(&r));
        }
    }
    return err;
}

static void erased_ones_vanish_from_the_postings(void **state)
{
    Fix *f = *state;
    f->merge_base = 2000;
    search_say_many(f, 0, 600);
    search_run_follower(f, 64);
    search_caught_up(f);
    Scan scan = {.shop_id = f->shop[0]};
    assert_int_equal(search_read_it(f, 0, scan_run, &scan), ERR_OK);
    size_t gone = 0;
    int64_t before = scan.postings;
    move_it(f, 2, 6); /* and what was merged into it */
    for (size_t i = 0; i < f->said_n; i++)
        if (f->said[i].conversation_id == f->conv[0][6]) {
            f->said[i].hidden = true;
            gone++;
        }
    assert_true(gone > 60);
    search_write_it(f, 0, erase_run, &f->conv[0][6]);
    search_caught_up(f);
    for (int i = 0; i < 40; i++)
        search_check(f, 0, search_made_query(f), 20);
    for (int i = 0; i < 40; i++) { /* each message pays for a step */
        search_say(f, 1, "别家的");
        search_caught_up(f);
    }
    assert_int_equal(search_read_it(f, 0, scan_run, &scan), ERR_OK);
    assert_int_equal(scan.stale, 0);
    assert_true(scan.postings < before);
    for (int i = 0; i < 40; i++)
        search_check(f, 0, search_made_query(f), 20);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, search_setup, search_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(everything_is_found_from_one_character_on),
        T(what_was_just_sent_is_found),
        T(pages_go_on_while_the_index_grows),
        T(folding_and_words),
        T(recalled_messages_and_notes),
        T(merged_conversations_are_followed),
        T(failed_steps_leave_nothing),
        T(made_anew),
        T(erased_ones_vanish_from_the_postings),
    };
    return cmocka_run_group_tests_name("desk/search", tests, NULL, NULL);
}
