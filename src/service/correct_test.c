/* SPDX-License-Identifier: Apache-2.0 */
/* People say what a message means: who may, which codes there are, what is shown, what is kept. */
#include "service/correct.h"
#include "service/test_desk.h"

#include "desk/privacy.h"

typedef struct {
    int64_t id, seq;
    ServiceLabels labels;
    DeskMessage ret;
} Act;

static Err put(Ctx *c, void *arg)
{
    Act *a = arg;
    return service_correct(c, a->id, a->seq, &a->labels, &a->ret);
}
static Err undo(Ctx *c, void *arg)
{
    Act *a = arg;
    return service_correct_undo(c, a->id, a->seq, &a->ret);
}

typedef struct {
    DeskCorrection *rows;
    DeskDrift *drift;
    size_t n, drift_n, turn_n;
    int64_t total, since;
    ServiceTrainTurn turns[NLU_CONTEXT_MAX + 1]; /* of the latest */
} Look;
static Err look(Ctx *c, void *arg)
{
    Look *l = arg;
    Err err = desk_correction_list(c, INT64_MAX, l->since, 10, &l->rows, &l->n);
    if (!err)
        err = desk_correction_drift(c, l->since, &l->total, &l->drift, &l->drift_n);
    if (!err && l->n)
        err = service_correct_turns(c, &l->rows[0], l->turns, &l->turn_n);
    return err;
}
static Look all_of(Desk *d)
{
    Look l = {0};
    OK(desk_read(d, d->sue, look, &l));
    return l;
}

static DeskMessage message(Desk *d, int64_t id, int64_t seq)
{
    size_t n;
    DeskMessage *m = desk_messages(d, id, &n);
    assert_true(seq >= 1 && (size_t)seq <= n);
    return m[seq - 1];
}

static Act angry(Desk *d, Actor v, const char *text)
{
    ServiceSend m;
    OK(desk_say(d, v, "c-first", text, &m));
    return (Act){.id = m.conversation.id,
                 .seq = m.message.seq,
                 .labels = {.emotion = STR("angry"),
                            .intensity = 2,
                            .stage = STR("after"),
                            .intents = {STR("complaint"), STR("return_refund")},
                            .intent_n = 2}};
}

static void who_may(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Act a = angry(d, desk_visitor(d, &d->web), "你好");
    REFUSED(desk_write(d, d->ben, put, &a), ERR_DENIED, "conversation.not_mine");
    REFUSED(desk_write(d, d->tom, put, &a), ERR_DENIED, "role.denied");
    REFUSED(desk_write(d, d->yan, put, &a), ERR_NOT_FOUND, "conversation.unknown");
    OK(desk_write(d, d->bo, put, &a));
    OK(desk_write(d, d->sue, put, &a));
    REFUSED(desk_write(d, d->ben, undo, &a), ERR_DENIED, "conversation.not_mine");
    desk_answer(d, d->bo, a.id, "您好");
    size_t n;
    (void)desk_messages(d, a.id, &n);
    a.seq = (int64_t)n; /* the agent's own */
    REFUSED(desk_write(d, d->bo, put, &a), ERR_NOT_FOUND, "correction.message");
    a.seq = 99;
    REFUSED(desk_write(d, d->bo, put, &a), ERR_NOT_FOUND, "correction.message");
}

static void refused(Desk *d, Act a, const char *field)
{
    REFUSED(desk_write(d, d->sue, put, &a), ERR_INVALID, "request.field_value");
    assert_string_equal(d->c.err.field, field);
}

static void codes_that_are_none(void **state)
{
    Desk *d = *state;
    Act good = angry(d, desk_visitor(d, &d->web), "你好"), a = good;
    a.labels.emotion = STR("furious");
    refused(d, a, "emotion");
    a = good;
    a.labels.intensity = 0;
    refused(d, a, "intensity");
    a.labels.emotion = STR("calm");
    a.labels.intensity = 1;
    refused(d, a, "intensity");
    a = good;
    a.labels.intents[1] = STR("complaint");
    refused(d, a, "intents");
    a.labels.intents[1] = STR("no_such");
    refused(d, a, "intents");
    a.labels.intent_n = 0;
    refused(d, a, "intents");
    a = good;
    a.labels.stage = STR("");
    refused(d, a, "stage");
    assert_int_equal(all_of(d).n, 0);
}

static void the_latest_holds_until_it_is_taken_back(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    Act a = angry(d, v, "请问这件有红色吗");
    DeskConversation before = desk_row(d, a.id);
    OK(desk_write(d, d->bo, put, &a));
    assert_int_equal(desk_woken(d, DESK_WAKE_CORRECTED), 1);
    assert_int_equal(desk_woken(d, DESK_WAKE_ROW), 1);
    assert_true(str_find(message(d, a.id, a.seq).corrected, STR("\"emotion\":\"angry\"")) > 0);
    assert_str(desk_row(d, a.id).emotion, "angry");
    a.labels.emotion = STR("anxious");
    a.labels.note = STR("催");
    d->now += 1000;
    OK(desk_write(d, d->bo, put, &a));
    Look l = all_of(d);
    assert_int_equal(l.n, 1);
    assert_str(l.rows[0].emotion, "anxious");
    assert_str(l.rows[0].was_emotion, "calm");
    assert_str(l.rows[0].intents, "[\"complaint\",\"return_refund\"]");
    assert_str(l.rows[0].note, "催");
    assert_true(l.rows[0].user_id == d->bo.user_id && l.rows[0].at_ms == d->now);
    assert_int_equal(l.total, 1);
    assert_true(l.drift_n >= 2 && l.drift[0].n == 1);
    assert_str(l.drift[0].kind, "emotion");
    assert_str(l.drift[0].from, "calm");
    assert_str(l.drift[0].to, "anxious");

    OK(desk_write(d, d->bo, undo, &a));
    assert_int_equal(message(d, a.id, a.seq).corrected.n, 0);
    assert_true(str_eq(desk_row(d, a.id).emotion, before.emotion));
    assert_int_equal(all_of(d).n, 0);
    OK(desk_write(d, d->bo, undo, &a)); /* nothing there: nobody is told */
    assert_int_equal(desk_woken(d, DESK_WAKE_CORRECTED), 0);
}

static void an_older_message_leaves_the_row_alone(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    Act a = angry(d, v, "你好");
    DeskConversation before = desk_said(d, v, "在吗");
    OK(desk_write(d, d->bo, put, &a));
    assert_int_equal(desk_woken(d, DESK_WAKE_ROW), 0);
    assert_int_equal(desk_woken(d, DESK_WAKE_CORRECTED), 1);
    assert_true(str_eq(desk_row(d, a.id).emotion, before.emotion));
}

static void training_data_has_what_came_before_and_no_numbers(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "电话13800000000").id;
    desk_answer(d, d->bo, id, "您好，收到");
    Act a = angry(d, v, "单号20261125093012怎么还没到");
    OK(desk_write(d, d->bo, put, &a));
    Look l = all_of(d);
    assert_int_equal(l.turn_n, 3);
    assert_str(l.turns[0].text, "电话[数字x]");
    assert_int_equal(l.turns[1].role, NLU_AGENT);
    assert_str(l.turns[2].text, "单号[数字x]怎么还没到");
}

typedef struct {
    Service *s;
    int64_t from, into;
    DeskConversation ret;
} Merge;
static Err merge_customers(Ctx *c, void *arg)
{
    const Merge *m = arg;
    return desk_customer_merge(c, m->from, m->into);
}
static Err merge_talks(Ctx *c, void *arg)
{
    Merge *m = arg;
    return service_staff_merge(m->s, c, m->from, m->into, &m->ret);
}

static void merging_moves_them_with_their_messages(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    Act a = angry(d, v, "怎么还没到");
    int64_t into = desk_said(d, w, "在吗").id, shift = desk_row(d, into).last_seq;
    OK(desk_write(d, d->sue, put, &a));
    OK(desk_write(d, d->sue, merge_customers,
                  &(Merge){.from = v.customer_id, .into = w.customer_id}));
    OK(desk_write(d, d->sue, merge_talks, &(Merge){d->service, a.id, into, {0}}));
    Look l = all_of(d);
    assert_int_equal(l.n, 1);
    assert_true(l.rows[0].conversation_id == into && l.rows[0].seq == a.seq + shift);
    assert_str(l.rows[0].text, "怎么还没到");
    assert_true(message(d, into, a.seq + shift).corrected.n > 0);
    a.id = into;
    a.seq += shift;
    OK(desk_write(d, d->sue, undo, &a));
    assert_int_equal(all_of(d).n, 0);
}

static Err erase_words(Ctx *c, void *arg)
{
    int64_t n;
    return desk_privacy_blank_messages(c, *(int64_t *)arg, 0, 100, &n);
}

static void erasing_takes_them_along(void **state)
{
    Desk *d = *state;
    Act a = angry(d, desk_visitor(d, &d->web), "你好");
    OK(desk_write(d, d->sue, put, &a));
    OK(desk_write(d, desk_system(d, d->a), erase_words, &a.id));
    assert_int_equal(all_of(d).n, 0);
    assert_int_equal(message(d, a.id, a.seq).corrected.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(who_may),
        DESK_TEST(codes_that_are_none),
        DESK_TEST(the_latest_holds_until_it_is_taken_back),
        DESK_TEST(an_older_message_leaves_the_row_alone),
        DESK_TEST(training_data_has_what_came_before_and_no_numbers),
        DESK_TEST(merging_moves_them_with_their_messages),
        DESK_TEST(erasing_takes_them_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
