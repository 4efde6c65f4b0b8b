/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_PINYIN_H
#define NLU_PINYIN_H
#include <stdint.h>
/* How a character sounds, for misspelt words: number of its toneless syllable, 0 for what has none.
 * The table is made from pinyin.txt by pinyin_gen.py. */
enum { NLU_PINYIN_FIRST = 0x4E00, NLU_PINYIN_CELLS = 0x5200 };
extern const uint16_t nlu_pinyin_table[NLU_PINYIN_CELLS];

static inline uint32_t nlu_pinyin(uint32_t cp)
{
    return cp - NLU_PINYIN_FIRST < NLU_PINYIN_CELLS ? nlu_pinyin_table[cp - NLU_PINYIN_FIRST] : 0;
}
#endif
