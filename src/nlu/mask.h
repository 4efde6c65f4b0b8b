/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_MASK_H
#define NLU_MASK_H
/*
 * mask: a message without what names or reaches a person, before it leaves the desk as training
 * data. Numbers of five digits and more (telephone, order, parcel, account; also in full width, in
 * Chinese digits from seven on, with blanks or dashes between groups) become [数字x], mail
 * addresses [邮箱x], links [站点x], words of Latin letters with three digits and more in them
 * (account names) [数字x], the given names [姓名x]: the words that the lexicon reads as what they
 * stand for. Prices, sizes and dates stay. Refuses to find names or streets by itself: what is
 * masked is less personal, not anonymous.
 *
 * Pure; one pass, bounded by the text.
 */
#include "base/str.h"

/* names: at least two characters each, shorter ones do not count. Result: arena, valid UTF-8 for
 * valid text. */
Str nlu_mask(Arena *a, Str text, const Str *names, size_t n);
#endif
