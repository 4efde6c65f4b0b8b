/* SPDX-License-Identifier: Apache-2.0 */
/* WebP: RIFF chunks {type, length, data, pad}. Kept: pictures, their alpha, animation, colour
 * profile. Gone: EXIF, XMP, unknown chunks, what follows the RIFF; the flags that promised them are
 * cleared. */
#include "service/image_internal.h"

static bool kept(Str type)
{
    static const char *const KEEP[] = {"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"};
    for (size_t i = 0; i < sizeof KEEP / sizeof *KEEP; i++)
        if (str_is(type, KEEP[i]))
            return true;
    return false;
}

static uint32_t le24(Str s, size_t i)
{
    return image_le16(s, i) | (uint32_t)image_u8(s, i + 2) << 16;
}

/* The first of VP8X, VP8, VP8L says the size. */
static bool read_size(Str type, Str data, ImageOut *o)
{
    if (str_is(type, "VP8X") && data.n >= 10) {
        o->width = le24(data, 4) + 1;
        o->height = le24(data, 7) + 1;
    } else if (str_is(type, "VP8L") && data.n >= 5 && image_u8(data, 0) == 0x2f) {
        uint32_t bits = image_le32(data, 1);
        o->width = (bits & 0x3fff) + 1;
        o->height = (bits >> 14 & 0x3fff) + 1;
    } else if (str_is(type, "VP8 ") && data.n >= 10) {
        o->width = image_le16(data, 6) & 0x3fff;
        o->height = image_le16(data, 8) & 0x3fff;
    } else {
        return false;
    }
    return true;
}

bool image_webp(Str in, ImageOut *o)
{
    uint32_t riff = image_le32(in, 4);
    size_t at = 12, end = riff > in.n - 8 ? 0 : (size_t)riff + 8;
    bool pixels = false;
    if (end < 12)
        return false;
    image_put(o, in.p, 12);
    while (at + 8 <= end) {
        Str type = str_sub(in, at, 4);
        size_t len = image_le32(in, at + 4), padded = len + (len & 1);
        if (len > end - at - 8)
            return false;
        if (padded > end - at - 8) /* the last pad byte is missing */
            padded = len;
        if (at == 12 && !read_size(type, str_sub(in, at + 8, len), o))
            return false;
        pixels |= str_is(type, "VP8 ") || str_is(type, "VP8L") || str_is(type, "ANMF");
        if (kept(type)) {
            size_t from = o->n;
            image_put(o, in.p + at, padded + 8);
            if (str_is(type, "VP8X") && len >= 10)
                o->p[from + 8] &= (char)~0x0c; /* EXIF, XMP */
        }
        at += padded + 8;
    }
    uint32_t n = (uint32_t)o->n - 8;
    unsigned char size[] = {(unsigned char)n, (unsigned char)(n >> 8), (unsigned char)(n >> 16),
                            (unsigned char)(n >> 24)};
    memcpy(o->p + 4, size, sizeof size);
    return pixels;
}
