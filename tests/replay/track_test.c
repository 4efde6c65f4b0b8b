/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_track.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void judges_each_arrival(void **state)
{
    (void)state;
    ReplayTrack t;
    track_init(&t);
    assert_int_equal(track_arrive(&t, 1, STR("a")), TRACK_NEW);
    assert_int_equal(track_arrive(&t, 1, STR("a")), TRACK_DUPLICATE);
    assert_int_equal(track_arrive(&t, 3, STR("c")), TRACK_NEW);
    assert_int_equal(track_contiguous(&t), 1);
    assert_int_equal(track_arrive(&t, 2, STR("b")), TRACK_LATE);
    assert_int_equal(track_contiguous(&t), 3);
    assert_int_equal(track_arrive(&t, 0, STR("x")), TRACK_BAD);
    assert_int_equal(track_arrive(&t, TRACK_MAX_SEQ + 1, STR("x")), TRACK_BAD);
    Str text;
    assert_true(track_seen(&t, 3, &text));
    assert_true(str_is(text, "c"));
    assert_false(track_seen(&t, 4, NULL));
    assert_int_equal(track_arrive(&t, 700, STR("far")), TRACK_NEW);
    track_finish(&t);
}

static void an_own_message_may_be_echoed_once(void **state)
{
    (void)state;
    ReplayTrack t;
    track_init(&t);
    track_own(&t, 1, STR("mine"));
    assert_int_equal(track_arrive(&t, 1, STR("mine")), TRACK_AGAIN);
    assert_int_equal(track_arrive(&t, 1, STR("mine")), TRACK_DUPLICATE);
    assert_int_equal(track_arrive(&t, 2, STR("echo first")), TRACK_NEW);
    track_own(&t, 2, STR("echo first"));
    assert_int_equal(track_arrive(&t, 2, STR("echo first")), TRACK_DUPLICATE);
    track_finish(&t);
}

static void what_was_asked_for_again_may_come_once_more(void **state)
{
    (void)state;
    ReplayTrack t;
    track_init(&t);
    track_arrive(&t, 4, STR("live"));
    track_reread(&t, 0);
    assert_int_equal(track_arrive(&t, 1, STR("a")), TRACK_NEW);
    assert_int_equal(track_arrive(&t, 2, STR("b")), TRACK_NEW);
    assert_int_equal(track_arrive(&t, 4, STR("live")), TRACK_AGAIN);
    assert_int_equal(track_arrive(&t, 4, STR("live")), TRACK_DUPLICATE);
    track_reread_done(&t);
    assert_int_equal(track_arrive(&t, 1, STR("a")), TRACK_DUPLICATE);
    assert_int_equal(track_arrive(&t, 3, STR("c")), TRACK_LATE);
    track_finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_arrival),
        cmocka_unit_test(an_own_message_may_be_echoed_once),
        cmocka_unit_test(what_was_asked_for_again_may_come_once_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
