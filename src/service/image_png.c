/* SPDX-License-Identifier: Apache-2.0 */
/* PNG (W3C): eight bytes, then chunks {length, type, data, crc}. Kept as they are: what decodes and
 * colours the picture, animation too. Gone: texts, time, EXIF, chunks of programs, what follows
 * IEND. */
#include "service/image_internal.h"

static bool kept(Str type)
{
    static const char *const KEEP[] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA",
                                       "cHRM", "sRGB", "iCCP", "sBIT", "cICP", "bKGD",
                                       "pHYs", "acTL", "fcTL", "fdAT"};
    for (size_t i = 0; i < sizeof KEEP / sizeof *KEEP; i++)
        if (str_is(type, KEEP[i]))
            return true;
    return false;
}

bool image_png(Str in, ImageOut *o)
{
    size_t at = 8;
    bool pixels = false;
    image_put(o, in.p, 8);
    while (at + 12 <= in.n) {
        uint32_t len = image_be32(in, at);
        Str type = str_sub(in, at + 4, 4);
        if (len > in.n - at - 12)
            return false;
        if (at == 8) { /* the first chunk says the size */
            if (!str_is(type, "IHDR") || len != 13)
                return false;
            o->width = image_be32(in, at + 8);
            o->height = image_be32(in, at + 12);
        }
        pixels |= str_is(type, "IDAT");
        if (kept(type))
            image_put(o, in.p + at, (size_t)len + 12);
        if (str_is(type, "IEND"))
            return pixels;
        at += (size_t)len + 12;
    }
    return false;
}
