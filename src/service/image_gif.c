/* SPDX-License-Identifier: Apache-2.0 */
/* GIF (89a): a screen, then pictures and extensions until the trailer. Gone: comments, extensions
 * of programs but the one that repeats an animation, plain-text extensions, what follows the
 * trailer. */
#include "service/image_internal.h"

enum { EXTENSION = 0x21, PICTURE = 0x2c, TRAILER = 0x3b, CONTROL = 0xf9, PROGRAM = 0xff };

static size_t table_bytes(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Past the sub-blocks {n, n bytes} … {0}; 0: cut off. */
static size_t skip_blocks(Str in, size_t at)
{
    while (at < in.n) {
        size_t n = image_u8(in, at);
        at += n + 1;
        if (n == 0)
            return at;
    }
    return 0;
}

static bool kept(Str in, size_t at)
{
    uint8_t label = image_u8(in, at + 1);
    if (label != PROGRAM)
        return label == CONTROL;
    Str name = str_sub(in, at + 3, 11);
    return image_u8(in, at + 2) == 11 &&
           (str_is(name, "NETSCAPE2.0") || str_is(name, "ANIMEXTS1.0"));
}

bool image_gif(Str in, ImageOut *o)
{
    if (in.n < 13)
        return false;
    size_t at = 13 + table_bytes(image_u8(in, 10));
    bool pictures = false;
    o->width = image_le16(in, 6);
    o->height = image_le16(in, 8);
    if (at > in.n)
        return false;
    image_put(o, in.p, at);
    while (at < in.n) {
        uint8_t what = image_u8(in, at);
        size_t to = 0;
        bool keep = true;
        if (what == TRAILER) {
            image_put(o, in.p + at, 1);
            return pictures;
        }
        if (what == PICTURE && at + 10 < in.n) {
            to = skip_blocks(in, at + 11 + table_bytes(image_u8(in, at + 9)));
            pictures = true;
        } else if (what == EXTENSION && at + 3 < in.n) {
            to = skip_blocks(in, at + 2);
            keep = kept(in, at);
        }
        if (to == 0 || to > in.n)
            return false;
        if (keep)
            image_put(o, in.p + at, to - at);
        at = to;
    }
    return false;
}
