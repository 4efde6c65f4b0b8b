/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/hours.h"
#include "desk/tz.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static const char SHOP[] =
    "{\"timezone\":\"Asia/"
    "Shanghai\",\"week\":[[{\"from\":\"09:00\",\"to\":\"18:00\"}],[{\"from\":\"09:00\",\"to\":\"12:"
    "00\"},"
    "{\"from\":\"13:00\",\"to\":\"18:00\"}],[],[],[{\"from\":\"22:00\",\"to\":\"02:00\"}],[],[]],"
    "\"breaks\":[{\"from\":\"12:00\",\"to\":\"13:00\"}],\"holidays\":[{\"date\":\"2026-11-30\","
    "\"name\":\"x\",\"open\":[]}]}";

static int64_t at(int64_t y, int mo, int d, int h, int mi) /* Shanghai wall time */
{
    return (civil_days(y, mo, d) * 86400 + h * 3600 + mi * 60 - 8 * 3600) * 1000;
}

static const Hours *shop(Arena *a)
{
    ErrSlot e = {0};
    const Hours *h;
    assert_int_equal(hours_parse(a, &e, STR(SHOP), &h), ERR_OK);
    return h;
}

static void a_week_with_breaks_and_a_night(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    const Hours *h = shop(a);
    /* 2026-11-23 is a Monday */
    assert_int_equal(civil_weekday(civil_days(2026, 11, 23)), 0);
    assert_true(hours_open_at(h, at(2026, 11, 23, 9, 0)));
    assert_false(hours_open_at(h, at(2026, 11, 23, 8, 59)));
    assert_false(hours_open_at(h, at(2026, 11, 23, 12, 30)));
    assert_false(hours_open_at(h, at(2026, 11, 23, 18, 0)));
    assert_int_equal(hours_next_open(h, at(2026, 11, 23, 12, 30)), at(2026, 11, 23, 13, 0));
    /* the limit runs across the break: 5 minutes before it, 15 after */
    assert_int_equal(hours_add(h, at(2026, 11, 23, 11, 55), 20 * 60000), at(2026, 11, 23, 13, 15));
    /* and over the night to Tuesday */
    assert_int_equal(hours_add(h, at(2026, 11, 23, 20, 0), 15000), at(2026, 11, 24, 9, 0) + 15000);
    /* Friday night belongs to Friday until 02:00 on Saturday */
    assert_true(hours_open_at(h, at(2026, 11, 28, 1, 59)));
    assert_false(hours_open_at(h, at(2026, 11, 28, 2, 0)));
    /* Monday the 30th is a holiday: the next opening is Tuesday */
    assert_int_equal(hours_next_open(h, at(2026, 11, 28, 3, 0)), at(2026, 12, 1, 9, 0));
    assert_int_equal(hours_between(h, at(2026, 11, 23, 0, 0), at(2026, 11, 24, 0, 0)), 8 * 3600000);
    assert_int_equal(hours_between(h, at(2026, 11, 23, 0, 0), at(2026, 11, 30, 0, 0)),
                     (8 + 8 + 4) * 3600000);
    arena_destroy(a);
}

static void add_and_between_are_inverse(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    const Hours *h = shop(a);
    int64_t start = at(2026, 11, 20, 0, 0);
    for (int i = 0; i < 500; i++) {
        int64_t from = start + (int64_t)i * 1357 * 1000, work = (int64_t)(i % 97 + 1) * 311000;
        int64_t due = hours_add(h, from, work);
        assert_int_equal(hours_between(h, from, due), work);
    }
    arena_destroy(a);
}

static void daylight_saving_keeps_wall_time(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    ErrSlot e = {0};
    Tz tz;
    assert_int_equal(tz_load(a, &e, STR("America/New_York"), &tz), ERR_OK);
    int64_t before = civil_days(2026, 3, 7) * 86400 + 9 * 3600,
            after = civil_days(2026, 3, 9) * 86400 + 9 * 3600;
    assert_int_equal(tz_to_utc(&tz, before) - before, 5 * 3600);
    assert_int_equal(tz_to_utc(&tz, after) - after, 4 * 3600);
    assert_int_equal(tz_load(a, &e, STR("../../etc/passwd"), &tz), ERR_INVALID);
    assert_string_equal(e.code, "hours.timezone");
    assert_int_equal(tz_load(a, &e, STR("Mars/Base"), &tz), ERR_INVALID);
    arena_destroy(a);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    Arena *a = arena_create(1u << 20);
    const Hours *h;
    const Str bad[] = {
        STR("{\"week\":[]}"),
        STR("{\"week\":[[],[],[],[],[],[],[{\"from\":\"9:00\",\"to\":\"18:00\"}]]}"),
        STR("{\"week\":[[],[],[],[],[],[],[{\"from\":\"09:00\",\"to\":\"25:00\"}]]}"),
        STR("{\"always\":true,\"holidays\":[{\"date\":\"2026-02-30\"}]}")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ErrSlot e = {0};
        assert_int_equal(hours_parse(a, &e, bad[i], &h), ERR_INVALID);
        assert_string_equal(e.code, "hours.invalid");
    }
    ErrSlot e = {0};
    assert_int_equal(hours_parse(a, &e, STR("{\"week\":[[],[],[],[],[],[],[]]}"), &h), ERR_OK);
    assert_int_equal(hours_next_open(h, at(2026, 11, 23, 9, 0)), 0);
    assert_int_equal(hours_add(h, at(2026, 11, 23, 9, 0), 1000), INT64_MAX);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_week_with_breaks_and_a_night),
                                       cmocka_unit_test(add_and_between_are_inverse),
                                       cmocka_unit_test(daylight_saving_keeps_wall_time),
                                       cmocka_unit_test(nonsense_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
