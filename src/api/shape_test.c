/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of docs/protocol.md section 2, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/shape.h"
#include "base/assert.h"

typedef struct {
    Arena *arena;
    Buf out;
    JsonW w;
} Fixture;

static int start(void **state)
{
    Fixture *f = test_calloc(1, sizeof *f);
    f->arena = arena_create(1 << 20);
    buf_init(&f->out, f->arena, 1 << 16);
    jw_init(&f->w, &f->out);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    Fixture *f = *state;
    arena_destroy(f->arena);
    test_free(f);
    return 0;
}

static void is(Fixture *f, const char *want)
{
    assert_string_equal(str_c(f->arena, buf_str(&f->out)), want);
    const Json *j;
    ErrSlot e = {0};
    assert_int_equal(json_parse(f->arena, &e, buf_str(&f->out), &j), ERR_OK);
    buf_init(&f->out, f->arena, 1 << 16);
    jw_init(&f->w, &f->out);
}

static DeskMessage customer_message(void)
{
    return (DeskMessage){.conversation_id = 7000000000000000001,
                         .seq = 7,
                         .role = STR("customer"),
                         .kind = STR("text"),
                         .body = STR("快递\"到\"哪了\n"),
                         .sender_id = 5,
                         .sender_name = STR("小王"),
                         .client_id = STR("c-1"),
                         .understanding = STR("{\"emotion\":\"calm\"}"),
                         .at_ms = 1700000000000};
}

static void message_for_each_viewer(void **state)
{
    Fixture *f = *state;
    DeskMessage m = customer_message();
    assert_true(shape_message(&f->w, &m, SHAPE_VISITOR));
    is(f, "{\"conversation\":\"7000000000000000001\",\"seq\":7,\"role\":\"customer\",\"kind\":"
          "\"text\",\"text\":\"快递\\\"到\\\"哪了\\n\",\"sender\":{\"id\":\"5\",\"name\":\"小王\"},"
          "\"client_id\":\"c-1\",\"at\":1700000000000}");
    assert_true(shape_message(&f->w, &m, SHAPE_STAFF));
    is(f, "{\"conversation\":\"7000000000000000001\",\"seq\":7,\"role\":\"customer\",\"kind\":"
          "\"text\",\"text\":\"快递\\\"到\\\"哪了\\n\",\"sender\":{\"id\":\"5\",\"name\":\"小王\"},"
          "\"at\":1700000000000,\"understanding\":{\"emotion\":\"calm\"}}");
}

static void recalled_text_is_for_supervisors(void **state)
{
    Fixture *f = *state;
    DeskMessage m = customer_message();
    m.recalled_at = 1700000001000;
    m.body = STR("秘密");
    m.client_id = STR_NONE;
    m.extra = STR("{\"card\":{\"title\":\"杯\"}}");
    static const char *const hidden =
        "{\"conversation\":\"7000000000000000001\",\"seq\":7,\"role\":\"customer\",\"kind\":"
        "\"text\",\"text\":\"\",\"sender\":{\"id\":\"5\",\"name\":\"小王\"},\"at\":1700000000000,"
        "\"recalled\":true}";
    assert_true(shape_message(&f->w, &m, SHAPE_VISITOR));
    is(f, hidden);
    assert_true(shape_message(&f->w, &m, SHAPE_STAFF));
    is(f, hidden);
    assert_true(shape_message(&f->w, &m, SHAPE_SUPERVISOR));
    is(f, "{\"conversation\":\"7000000000000000001\",\"seq\":7,\"role\":\"customer\",\"kind\":"
          "\"text\",\"text\":\"\",\"card\":{\"title\":\"杯\"},\"sender\":{\"id\":\"5\",\"name\":"
          "\"小王\"},\"at\":1700000000000,\"recalled\":true,\"original\":\"秘密\","
          "\"understanding\":{\"emotion\":\"calm\"}}");
}

static void visitors_see_neither_notes_nor_inner_lines(void **state)
{
    Fixture *f = *state;
    DeskMessage note = {.seq = 1, .role = STR("agent"), .kind = STR("note"), .body = STR("x")};
    DeskMessage moved = {.seq = 2,
                         .role = STR("system"),
                         .kind = STR("text"),
                         .body = STR("conversation.transferred")};
    DeskMessage closed = moved;
    closed.body = STR("conversation.closed");
    assert_false(shape_message(&f->w, &note, SHAPE_VISITOR));
    assert_false(shape_message(&f->w, &moved, SHAPE_VISITOR));
    assert_int_equal(f->out.n, 0);
    assert_true(shape_message_seen(&note, SHAPE_STAFF));
    assert_true(shape_message_seen(&moved, SHAPE_STAFF));
    assert_true(shape_message(&f->w, &closed, SHAPE_VISITOR));
    is(f, "{\"conversation\":null,\"seq\":2,\"role\":\"system\",\"kind\":\"text\",\"text\":"
          "\"conversation.closed\",\"at\":0}");
}

static void message_with_a_file(void **state)
{
    Fixture *f = *state;
    DeskMessage m = {.conversation_id = 1,
                     .seq = 3,
                     .role = STR("agent"),
                     .kind = STR("image"),
                     .extra =
                         STR("{\"suggestion\":\"a}\\\"b\", \"file\": {\"id\":\"9\",\"url\":\"/api"
                             "/files/9?k=a\"},\"card\":null}"),
                     .sender_id = 8,
                     .sender_name = STR("小鱼"),
                     .client_id = STR("d-1"),
                     .at_ms = 1};
    assert_true(shape_message(&f->w, &m, SHAPE_STAFF));
    is(f, "{\"conversation\":\"1\",\"seq\":3,\"role\":\"agent\",\"kind\":\"image\",\"text\":\"\","
          "\"file\":{\"id\":\"9\",\"url\":\"/api/files/9?k=a\"},\"sender\":{\"id\":\"8\",\"name\":"
          "\"小鱼\"},\"client_id\":\"d-1\",\"at\":1}");
    assert_true(shape_message(&f->w, &m, SHAPE_VISITOR));
    is(f, "{\"conversation\":\"1\",\"seq\":3,\"role\":\"agent\",\"kind\":\"image\",\"text\":\"\","
          "\"file\":{\"id\":\"9\",\"url\":\"/api/files/9?k=a\"},\"sender\":{\"id\":\"8\",\"name\":"
          "\"小鱼\"},\"at\":1}");
}

static void row_that_waits(void **state)
{
    Fixture *f = *state;
    DeskConversation v = {.id = 1,
                          .channel_id = 2,
                          .customer_id = 3,
                          .status = STR("open"),
                          .stage = STR("in"),
                          .assignee_id = 4,
                          .assignee_name = STR("小鱼"),
                          .last_seq = 17,
                          .last_role = STR("customer"),
                          .last_kind = STR("text"),
                          .last_text = STR("在吗"),
                          .last_at = 50,
                          .unread = 2,
                          .agent_read_seq = 15,
                          .visitor_read_seq = 16,
                          .emotion = STR("angry"),
                          .intensity = 2,
                          .priority = 1,
                          .tags = STR("[\"急\"]"),
                          .subject = STR("track"),
                          .clock_kind = STR("reply"),
                          .clock_started_at = 50,
                          .clock_due_at = 70,
                          .clock_limit_ms = 20,
                          .queued_at = 10,
                          .created_at = 10,
                          .updated_at = 50,
                          .channel_name = STR("官网"),
                          .channel_kind = STR("web"),
                          .customer_name = STR("小王"),
                          .customer_vip = STR("金"),
                          .customer_signed = true,
                          .returning = true,
                          .online = true,
                          .page_url = STR("https://shop.example/p"),
                          .page_title = STR("杯")};
    shape_row(&f->w, &v);
    is(f,
       "{\"id\":\"1\",\"channel\":{\"id\":\"2\",\"name\":\"官网\",\"kind\":\"web\"},\"customer\":"
       "{\"id\":\"3\",\"name\":\"小王\",\"visitor\":false,\"blocked\":false,\"vip\":\"金\","
       "\"returning\":true},\"status\":\"open\",\"stage\":\"in\",\"assignee\":{\"id\":\"4\","
       "\"name\":\"小鱼\"},\"last_seq\":17,\"last\":{\"role\":\"customer\",\"kind\":\"text\","
       "\"text\":\"在吗\",\"at\":50},\"unread\":2,\"agent_read_seq\":15,\"visitor_read_seq\":16,"
       "\"emotion\":\"angry\",\"intensity\":2,\"priority\":1,\"tags\":[\"急\"],\"queued_at\":10,"
       "\"created_at\":10,\"updated_at\":50,\"closed_at\":null,\"close_reason\":null,"
       "\"snooze_until\":null,\"sla\":{\"kind\":\"reply\",\"started_at\":50,\"due_at\":70,"
       "\"limit_ms\":20,\"paused\":false},\"online\":true,\"page\":{\"url\":"
       "\"https://shop.example/p\",\"title\":\"杯\"},\"rating\":null,\"subject\":\"track\"}");
}

static void row_that_is_over(void **state)
{
    Fixture *f = *state;
    DeskConversation v = {.id = 1,
                          .status = STR("closed"),
                          .stage = STR("after"),
                          .emotion = STR("calm"),
                          .closed_at = 90,
                          .close_reason = STR("solved"),
                          .rating_score = 5,
                          .rating_note = STR("好")};
    shape_row(&f->w, &v);
    is(f,
       "{\"id\":\"1\",\"channel\":{\"id\":null,\"name\":\"\",\"kind\":\"\"},\"customer\":{\"id\":"
       "null,\"name\":\"\",\"visitor\":true,\"blocked\":false,\"vip\":\"\",\"returning\":false},"
       "\"status\":\"closed\",\"stage\":\"after\",\"assignee\":null,\"last_seq\":0,\"last\":null,"
       "\"unread\":0,\"agent_read_seq\":0,\"visitor_read_seq\":0,\"emotion\":\"calm\","
       "\"intensity\":0,\"priority\":0,\"tags\":[],\"queued_at\":0,\"created_at\":0,"
       "\"updated_at\":0,\"closed_at\":90,\"close_reason\":\"solved\",\"snooze_until\":null,"
       "\"sla\":null,\"online\":false,\"page\":null,\"rating\":{\"score\":5,\"note\":\"好\"},"
       "\"subject\":\"\"}");
}

static void clock_is_paused_while_closed_hours_lie_ahead(void **state)
{
    Fixture *f = *state;
    DeskConversation v = {.clock_kind = STR("greeting"),
                          .clock_started_at = 1,
                          .clock_due_at = INT64_C(32503680000000),
                          .clock_limit_ms = 15000};
    shape_sla(&f->w, &v);
    is(f, "{\"kind\":\"greeting\",\"started_at\":1,\"due_at\":32503680000000,\"limit_ms\":15000,"
          "\"paused\":true}");
}

static void suggestions_and_hits(void **state)
{
    Fixture *f = *state;
    Str rules[] = {STR("PRE-10")};
    AssistScript script = {.id = STR("s1"),
                           .version = STR("2"),
                           .title = STR("发货"),
                           .situation = STR("问发货"),
                           .step = ASSIST_ANSWER,
                           .rules = rules,
                           .rule_n = 1};
    AssistFact fact = {STR("shop.ship_time"), STR("48 小时"), STR("policy")};
    AssistSuggestion s = {
        .script = &script, .text = STR("48 小时内"), .facts = &fact, .fact_n = 1, .score = 0.83};
    shape_suggestions(&f->w, &s, 1);
    is(f, "[{\"id\":\"s1\",\"version\":\"2\",\"title\":\"发货\",\"text\":\"48 小时内\","
          "\"situation\":\"问发货\",\"facts\":[{\"name\":\"shop.ship_time\",\"value\":\"48 小时\","
          "\"source\":\"policy\"}],\"rules\":[\"PRE-10\"],\"score\":0.83,\"step\":\"answer\"}]");
    AssistGuardHit h[] = {{.rule = STR("absolute_term"),
                           .version = STR("3"),
                           .level = ASSIST_BLOCK,
                           .start = 2,
                           .end = 4,
                           .words = STR("最好"),
                           .message = STR("绝对化")},
                          {.rule = STR("r"), .level = ASSIST_WARN, .rewrite = STR("很好")}};
    shape_hits(&f->w, h, 2);
    is(f,
       "[{\"rule\":\"absolute_term\",\"version\":\"3\",\"level\":\"block\",\"start\":2,\"end\":4,"
       "\"words\":\"最好\",\"message\":\"绝对化\",\"rewrite\":null},{\"rule\":\"r\",\"version\":"
       "\"\",\"level\":\"warn\",\"start\":0,\"end\":0,\"words\":\"\",\"message\":\"\","
       "\"rewrite\":\"很好\"}]");
}

static void channel_secret_is_for_owners(void **state)
{
    Fixture *f = *state;
    DeskChannel ch = {.id = 4,
                      .key = STR("k1"),
                      .kind = STR("web"),
                      .name = STR("官网"),
                      .secret = STR("s3"),
                      .config = STR("{\"color\":\"#0b5cd7\",\"quick_questions\":[\"a,]\"],"
                                    "\"address_form\":\"亲\"}"),
                      .reply_ms = 30000,
                      .sla_version = 2,
                      .active = true};
    shape_channel(&f->w, &ch, STR("https://d.example"), false);
    is(f, "{\"id\":\"4\",\"kind\":\"web\",\"key\":\"k1\",\"name\":\"官网\",\"agent_label\":\"\","
          "\"color\":\"#0b5cd7\",\"greeting\":\"\",\"address_form\":\"亲\",\"offline_text\":\"\","
          "\"privacy_text\":\"\",\"quick_questions\":[\"a,]\"],\"allowed_origins\":[],\"active\":"
          "true,\"sla\":{\"greeting_ms\":0,\"reply_ms\":30000,\"version\":2},\"snippet\":\"<script "
          "src=\\\"https://d.example/widget/loader.js\\\" data-channel=\\\"k1\\\" "
          "async></script>\"}");
    shape_channel(&f->w, &ch, STR("https://d.example"), true);
    assert_true(str_find(buf_str(&f->out), STR("\"secret\":\"s3\"")) > 0);
}

static void customer_contact_needs_leave(void **state)
{
    Fixture *f = *state;
    DeskCustomer cu = {.id = 3,
                       .name = STR("小王"),
                       .contact = STR("13800000000"),
                       .blocked_at = 9,
                       .blocked_reason = STR("广告"),
                       .channel_id = 2,
                       .created_at = 1,
                       .seen_at = 2};
    shape_customer(&f->w, &cu, false);
    is(f, "{\"id\":\"3\",\"name\":\"小王\",\"note\":\"\",\"vip\":\"\",\"visitor\":true,\"blocked\":"
          "true,\"blocked_reason\":\"广告\",\"channel\":\"2\",\"page\":null,\"lang\":\"\","
          "\"created_at\":1,\"seen_at\":2}");
    shape_customer(&f->w, &cu, true);
    assert_true(str_find(buf_str(&f->out), STR("\"contact\":\"13800000000\"")) > 0);
}

static void broken_json_gives_nothing(void **state)
{
    (void)state;
    static const char *const broken[] = {"",        "[",     "{",         "{\"a",      "{\"a\"",
                                         "{\"a\":", "{a:1}", "{\"b\":\"", "{\"b\":1,", "{\"b\":[1"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(shape_member(str_of(broken[i]), "a").n, 0);
    assert_true(str_is(shape_member(STR(" { \"b\" : \"}\" , \"a\" : -1.5 } "), "a"), "-1.5"));
    assert_true(
        str_is(shape_member(STR("{\"x\":{\"a\":1},\"a\":[{\"a\":2},3]}"), "a"), "[{\"a\":2},3]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(message_for_each_viewer, start, stop),
        cmocka_unit_test_setup_teardown(recalled_text_is_for_supervisors, start, stop),
        cmocka_unit_test_setup_teardown(visitors_see_neither_notes_nor_inner_lines, start, stop),
        cmocka_unit_test_setup_teardown(message_with_a_file, start, stop),
        cmocka_unit_test_setup_teardown(row_that_waits, start, stop),
        cmocka_unit_test_setup_teardown(row_that_is_over, start, stop),
        cmocka_unit_test_setup_teardown(clock_is_paused_while_closed_hours_lie_ahead, start, stop),
        cmocka_unit_test_setup_teardown(suggestions_and_hits, start, stop),
        cmocka_unit_test_setup_teardown(channel_secret_is_for_owners, start, stop),
        cmocka_unit_test_setup_teardown(customer_contact_needs_leave, start, stop),
        cmocka_unit_test(broken_json_gives_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
