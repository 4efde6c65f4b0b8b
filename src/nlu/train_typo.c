/* SPDX-License-Identifier: Apache-2.0 */
/* Misspelt copies: what people type in a hurry. Characters that sound alike are taken from the
 * talks themselves, so that they are common ones. */
#include "nlu/train_internal.h"
#include "nlu/pinyin.h"
#include "base/assert.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { SOUNDS = 512, ALIKE_MAX = 24, SEEN_MIN = 4 };

struct NluTypist {
    uint32_t alike[SOUNDS][ALIKE_MAX];
    uint8_t n[SOUNDS];
};

NluTypist *nlu_typist_create(const NluTalks *talks)
{
    NluTypist *t = calloc(1, sizeof *t);
    uint16_t *seen = calloc(NLU_PINYIN_CELLS, sizeof *seen);
    ASSERT(t && seen);
    for (size_t i = 0; i < talks->n; i++)
        for (size_t k = 0; k < talks->talks[i].n; k++) {
            Str text = talks->talks[i].turns[k].text;
            for (size_t at = 0; at < text.n;) {
                uint32_t cp = nlu_fold(utf8_next(text, &at)), sound = nlu_pinyin(cp);
                if (!sound || sound >= SOUNDS || ++seen[cp - NLU_PINYIN_FIRST] != SEEN_MIN)
                    continue;
                if (t->n[sound] < ALIKE_MAX)
                    t->alike[sound][t->n[sound]++] = cp;
            }
        }
    free(seen);
    return t;
}

void nlu_typist_destroy(NluTypist *t)
{
    free(t);
}

static void put(Buf *b, uint32_t cp)
{
    char bytes[4];
    size_t n = 0;
    if (cp < 0x80) {
        bytes[n++] = (char)cp;
    } else if (cp < 0x800) {
        bytes[n++] = (char)(0xC0 | cp >> 6);
        bytes[n++] = (char)(0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        bytes[n++] = (char)(0xE0 | cp >> 12);
        bytes[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        bytes[n++] = (char)(0x80 | (cp & 0x3F));
    } else {
        bytes[n++] = (char)(0xF0 | cp >> 18);
        bytes[n++] = (char)(0x80 | (cp >> 12 & 0x3F));
        bytes[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        bytes[n++] = (char)(0x80 | (cp & 0x3F));
    }
    buf_put(b, (Str){bytes, n});
}

/* One character in about twelve goes wrong: a sound-alike, or it is left out; now and then the
 * marks go too, or an order's card or number stands before the words, as shop systems put it there.
 */
Str nlu_typist_write(const NluTypist *t, Arena *a, Str text, uint64_t *random)
{
    static const char *const before[] = {"订单号:[订单x] ", "[订单x] ", "[链接x] ",
                                         "你好 ",           "在吗 ",    "商品编号:[数字x] "};
    Buf b;
    buf_init(&b, a, text.n * 2 + 64);
    uint64_t way = nlu_train_random(random) % 10;
    if (way == 0)
        buf_put(&b, str_of(before[nlu_train_random(random) % (sizeof before / sizeof before[0])]));
    for (size_t at = 0; at < text.n;) {
        uint32_t cp = nlu_fold(utf8_next(text, &at)), sound = nlu_pinyin(cp);
        uint64_t dice = nlu_train_random(random);
        if (!cp)
            continue;
        if (way == 1 && (cp == ',' || cp == '.'))
            cp = ' ';
        if (nlu_is_han(cp) && dice % 100 < 4)
            continue;
        if (sound && sound < SOUNDS && t->n[sound] > 1 && dice % 100 < 9)
            cp = t->alike[sound][dice / 100 % t->n[sound]];
        put(&b, cp);
    }
    return b.over || b.n == 0 ? text : buf_str(&b);
}
