/* SPDX-License-Identifier: Apache-2.0 */
/* The small parts: addresses, counting, the wheel, the write queue, calls from other threads, the
 * frame reader. */
#include "net/addr.h"
#include "net/out.h"
#include "net/post.h"
#include "net/wheel.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static NetAddr addr(const char *text)
{
    NetAddr a;
    assert_true(net_addr_parse(str_of(text), &a));
    return a;
}

static void addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown; /* NULL: refused */
    } rows[] = {
        {"1.2.3.4", "1.2.3.4"},
        {"255.0.10.100", "255.0.10.100"},
        {"1.2.3.4:80", "1.2.3.4"},
        {"[::1]:443", "::1"},
        {"[2001:db8::5]", "2001:db8::5"},
        {"2001:db8::5", "2001:db8::5"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
        {"", NULL},
        {"1.2.3", NULL},
        {"1.2.3.4.5", NULL},
        {"1.2.3.4:", NULL},
        {"1.2.3.4:x", NULL},
        {"1.2.3.4:70000", NULL},
        {"[::1", NULL},
        {"[::1]x", NULL},
        {"unknown", NULL},
        {"_hidden", NULL},
        {"1.2.3.256", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        NetAddr a;
        char text[NET_ADDR_TEXT];
        assert_int_equal(net_addr_parse(str_of(rows[i].text), &a), rows[i].shown != NULL);
        if (rows[i].shown)
            assert_true(str_is((Str){text, net_addr_print(&a, text)}, rows[i].shown));
    }
}

static void networks(void **state)
{
    (void)state;
    ErrSlot e = {0};
    NetAddrList l;
    assert_int_equal(net_addr_list_parse(&e, "10.0.0.0/9, 127.0.0.1,2001:db8::/33", &l), ERR_OK);
    static const struct {
        const char *text;
        bool in;
    } rows[] = {{"10.1.2.3", true},         {"10.127.255.255", true},
                {"10.128.0.0", false},      {"127.0.0.1", true},
                {"127.0.0.2", false},       {"2001:db8:7fff::1", true},
                {"2001:db8:8000::", false}, {"::1", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        NetAddr a = addr(rows[i].text);
        assert_int_equal(net_addr_list_has(&l, &a), rows[i].in);
    }
    net_addr_list_finish(&l);
    assert_int_equal(net_addr_list_parse(&e, "0.0.0.0/0", &l), ERR_OK);
    NetAddr any = addr("9.9.9.9"), six = addr("::9");
    assert_true(net_addr_list_has(&l, &any));
    assert_false(net_addr_list_has(&l, &six));
    net_addr_list_finish(&l);
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "x", "::/129"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(net_addr_list_parse(&e, bad[i], &l), ERR_INVALID);
        assert_string_equal(e.code, "net.proxies");
    }
    assert_int_equal(net_addr_list_parse(&e, NULL, &l), ERR_OK);
    net_addr_list_finish(&l);
}

static void counting(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    NetAddrTable t;
    net_addr_table_init(&t);
    NetAddr a = addr("2001:db8:0:1::1"), same_64 = addr("2001:db8:0:1:ffff::2"),
            other = addr("2001:db8:0:2::1");
    assert_int_equal(net_addr_table_add(&t, &a), 1);
    assert_int_equal(net_addr_table_add(&t, &same_64), 2);
    assert_int_equal(net_addr_table_add(&t, &other), 1);
    int held[MANY] = {0};
    uint32_t seed = 7;
    for (int step = 0; step < 60000; step++) { /* against a plain array */
        seed = seed * 1664525u + 1013904223u;
        unsigned i = (seed >> 8) % MANY;
        NetAddr v4 = addr("10.0.0.0");
        v4.b[14] = (uint8_t)(i >> 8);
        v4.b[15] = (uint8_t)i;
        if (held[i] && (seed & 3) != 0) {
            net_addr_table_remove(&t, &v4);
            held[i]--;
        } else {
            assert_int_equal(net_addr_table_add(&t, &v4), ++held[i]);
        }
    }
    for (unsigned i = 0; i < MANY; i++) {
        NetAddr v4 = addr("10.0.0.0");
        v4.b[14] = (uint8_t)(i >> 8);
        v4.b[15] = (uint8_t)i;
        while (held[i]-- > 0)
            net_addr_table_remove(&t, &v4);
    }
    net_addr_table_remove(&t, &a);
    net_addr_table_remove(&t, &a);
    net_addr_table_remove(&t, &other);
    assert_int_equal(t.used, 0);
    net_addr_table_finish(&t);
}

typedef struct {
    NetWheel wheel;
    NetDue dues[3];
    uint32_t fired_s[3];
} Clockwork;

static void fired(void *user, NetDue *d)
{
    Clockwork *c = user;
    c->fired_s[d - c->dues] = c->wheel.now_s;
}

static void deadlines(void **state)
{
    (void)state;
    Clockwork c = {.fired_s = {0}};
    net_wheel_init(&c.wheel, 0);
    net_wheel_add(&c.wheel, &c.dues[0], 5);
    net_wheel_add(&c.wheel, &c.dues[1], 1000); /* further than the wheel goes round */
    net_wheel_add(&c.wheel, &c.dues[2], 10);
    net_wheel_set(&c.wheel, &c.dues[2], 300); /* put off: lies where it lay */
    net_wheel_run(&c.wheel, 4, fired, &c);
    assert_int_equal(c.fired_s[0], 0);
    net_wheel_run(&c.wheel, 299, fired, &c);
    assert_int_equal(c.fired_s[0], 5);
    assert_int_equal(c.fired_s[2], 0);
    net_wheel_set(&c.wheel, &c.dues[0], 310);
    net_wheel_set(&c.wheel, &c.dues[0], 305); /* earlier again */
    net_wheel_run(&c.wheel, 2000, fired, &c);
    assert_int_equal(c.fired_s[2], 300);
    assert_int_equal(c.fired_s[0], 305);
    assert_int_equal(c.fired_s[1], 1000);
    for (int i = 0; i < 3; i++)
        net_wheel_remove(&c.dues[i]);
    for (int i = 0; i < NET_WHEEL_SLOTS; i++)
        assert_ptr_equal(c.wheel.slots[i].next, &c.wheel.slots[i]);
}

static NetFrame *frame(const char *text)
{
    return net_frame_bytes(str_of(text), STR_NONE);
}

static void write_queue(void **state)
{
    (void)state;
    NetOutSpare spare = {0};
    NetOut *o = net_out_take(&spare);
    char all[4096], want[4096] = "";
    for (int i = 0; i < 100; i++) {
        net_out_add(o, frame("abc"));
        memcpy(want + i * 3, "abc", 4);
    }
    assert_int_equal(o->bytes, 300);
    size_t at = 0;
    while (o->bytes) { /* sent in sevens, through both ways of looking at it */
        char piece[7];
        struct iovec iov[64];
        size_t n = net_out_copy(o, piece, sizeof piece);
        assert_int_equal(net_out_vec(o, iov, 64) > 0, 1);
        assert_memory_equal(iov[0].iov_base, piece, iov[0].iov_len < n ? iov[0].iov_len : n);
        memcpy(all + at, piece, n);
        at += n;
        net_out_sent(o, n);
        net_out_add(o, net_frame_bytes(STR_NONE, STR_NONE)); /* empty ones do no harm */
    }
    assert_int_equal(at, 300);
    assert_memory_equal(all, want, 300);
    net_out_give(&spare, o);

    o = net_out_take(&spare);
    NetFrame *shared = frame("shared");
    net_out_add(o, frame("first"));
    net_out_add(o, net_frame_ref(shared));
    net_out_add(o, net_frame_ref(shared));
    net_out_sent(o, 2);
    net_out_cut(o); /* the frame that is half out stays */
    assert_int_equal(o->bytes, 3);
    net_out_add(o, net_frame_ref(shared));
    o->tls_held = 5; /* OpenSSL holds "rst" and two bytes of the next */
    net_out_add(o, frame("gone"));
    net_out_cut(o);
    assert_int_equal(o->bytes, 9);
    net_out_sent(o, 9);
    net_out_cut(o);
    assert_int_equal(o->bytes, 0);
    assert_int_equal(atomic_load(&shared->refs), 1);
    net_frame_unref(shared);
    net_out_give(&spare, o);
    net_out_spare_finish(&spare);
}

typedef struct {
    NetPostQueue queue;
    int next[4], wrong;
} Posting;

typedef struct {
    Posting *p;
    int who, number;
} Parcel;

static void arrived(void *arg)
{
    Parcel *parcel = arg;
    if (parcel->p->next[parcel->who]++ != parcel->number)
        parcel->p->wrong++;
    free(parcel);
}

typedef struct {
    Posting *p;
    int who;
} Sender;

static void *sender(void *arg)
{
    Sender *s = arg;
    for (int i = 0; i < 5000; i++) {
        Parcel *parcel = malloc(sizeof *parcel);
        *parcel = (Parcel){s->p, s->who, i};
        net_post_push(&s->p->queue, arrived, parcel);
    }
    return NULL;
}

static void posts_keep_their_order(void **state)
{
    (void)state;
    Posting p = {.wrong = 0};
    pthread_t threads[4];
    Sender senders[4];
    for (int i = 0; i < 4; i++) {
        senders[i] = (Sender){&p, i};
        pthread_create(&threads[i], NULL, sender, &senders[i]);
    }
    for (int i = 0; i < 1000; i++)
        net_post_run(&p.queue);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    net_post_run(&p.queue);
    assert_false(net_post_run(&p.queue));
    for (int i = 0; i < 4; i++)
        assert_int_equal(p.next[i], 5000);
    assert_int_equal(p.wrong, 0);
    Parcel *one = malloc(sizeof *one), *two = malloc(sizeof *two);
    *one = (Parcel){&p, 0, 5000};
    *two = (Parcel){&p, 0, 5001};
    assert_true(net_post_push(&p.queue, arrived, one)); /* wake once for many */
    assert_false(net_post_push(&p.queue, arrived, two));
    net_post_run(&p.queue);
    assert_int_equal(p.wrong, 0);
}

static void masking(void **state)
{
    (void)state;
    const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    for (size_t n = 0; n < 40; n++) {
        for (size_t at = 0; at < 4; at++) {
            char a[40], b[40];
            for (size_t i = 0; i < n; i++) {
                a[i] = (char)i;
                b[i] = (char)((uint8_t)i ^ mask[(at + i) & 3]);
            }
            ws_mask(a, n, mask, at);
            assert_memory_equal(a, b, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),   cmocka_unit_test(networks),
        cmocka_unit_test(counting),    cmocka_unit_test(deadlines),
        cmocka_unit_test(write_queue), cmocka_unit_test(posts_keep_their_order),
        cmocka_unit_test(masking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
