/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG (T.81): segments {ff, marker, length, data}, and after each SOS coded data until the next
 * marker. Of the application segments stay JFIF without its thumbnail, ICC profiles and Adobe's
 * colour transform; EXIF is replaced by its orientation alone. Gone: comments, everything else,
 * what follows EOI (further pictures, films). A file that ends early gets its end. */
#include "service/image_internal.h"

enum {
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP0 = 0xe0,
    APP1 = 0xe1,
    APP2 = 0xe2,
    APP14 = 0xee,
    APP15 = 0xef,
    COM = 0xfe
};

static bool has(Str data, const char *head, size_t n)
{
    return data.n >= n && memcmp(data.p, head, n) == 0;
}

static uint32_t u16(Str s, size_t i, bool little)
{
    return little ? image_le16(s, i) : image_be16(s, i);
}

/* Of the first directory; 1 (as it is) when there is none or it makes no sense. */
static uint32_t orientation(Str exif)
{
    Str t = str_sub(exif, 6, exif.n); /* behind "Exif\0\0": a TIFF file */
    if (t.n < 8 || (!has(t, "II*\0", 4) && !has(t, "MM\0*", 4)))
        return 1;
    bool little = t.p[0] == 'I';
    uint32_t at = little ? image_le32(t, 4) : image_be32(t, 4);
    if (at > t.n - 2)
        return 1;
    uint32_t n = u16(t, at, little);
    for (uint32_t i = 0; i < n; i++) {
        size_t entry = (size_t)at + 2 + (size_t)i * 12;
        if (entry + 12 > t.n)
            return 1;
        if (u16(t, entry, little) != 0x0112)
            continue;
        uint32_t v = u16(t, entry + 8, little);
        return v >= 1 && v <= 8 ? v : 1;
    }
    return 1;
}

/* The smallest EXIF that says it: one directory with one entry. */
static void put_orientation(ImageOut *o, uint32_t turn)
{
    unsigned char seg[] = {0xff, APP1, 0, 34, 'E', 'x', 'i', 'f', 0,    0,    'M', 'M',
                           0,    '*',  0, 0,  0,   8,   0,   1,   0x01, 0x12, 0,   3,
                           0,    0,    0, 1,  0,   0,   0,   0,   0,    0,    0,   0};
    seg[29] = (unsigned char)turn;
    image_put(o, seg, sizeof seg);
}

static void put_jfif(ImageOut *o, Str data)
{
    unsigned char seg[] = {0xff, APP0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    memcpy(seg + 9, data.p + 5, 7); /* version, units, densities; no thumbnail */
    image_put(o, seg, sizeof seg);
}

static bool is_frame(unsigned marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static void read_size(ImageOut *o, unsigned marker, Str data)
{
    if (!is_frame(marker) || data.n < 6 || o->width)
        return;
    o->height = image_be16(data, 1);
    o->width = image_be16(data, 3);
}

static void put_segment(ImageOut *o, Str in, size_t at, unsigned marker, Str data, uint32_t *turn)
{
    bool app = marker >= APP0 && marker <= APP15;
    if (marker == APP0 && has(data, "JFIF\0", 5) && data.n >= 14)
        put_jfif(o, data);
    else if (marker == APP1 && has(data, "Exif\0\0", 6) && *turn == 0 &&
             (*turn = orientation(data)) > 1)
        put_orientation(o, *turn);
    else if ((marker == APP2 && has(data, "ICC_PROFILE\0", 12)) ||
             (marker == APP14 && has(data, "Adobe", 5)) || (!app && marker != COM))
        image_put(o, in.p + at, data.n + 4);
}

/* Coded data after SOS: up to the next marker that is neither a stuffed byte nor a restart. */
static size_t skip_scan(Str in, size_t at)
{
    while (at + 1 < in.n) {
        const char *p = memchr(in.p + at, 0xff, in.n - at - 1);
        if (!p)
            return in.n;
        at = (size_t)(p - in.p);
        unsigned next = image_u8(in, at + 1);
        if (next != 0 && next != 0xff && !(next >= 0xd0 && next <= 0xd7))
            return at;
        at += next == 0xff ? 1 : 2;
    }
    return in.n;
}

static void turn_sides(ImageOut *o, uint32_t turn)
{
    if (turn < 5)
        return;
    uint32_t w = o->width;
    o->width = o->height;
    o->height = w;
}

bool image_jpeg(Str in, ImageOut *o)
{
    static const unsigned char end[] = {0xff, EOI};
    size_t at = 2;
    uint32_t turn = 0;
    bool scanned = false;
    image_put(o, in.p, 2);
    while (at + 4 <= in.n) {
        if (image_u8(in, at) != 0xff)
            return false;
        unsigned marker = image_u8(in, at + 1);
        if (marker == 0xff) { /* fill */
            at++;
            continue;
        }
        if (marker == EOI)
            break;
        uint32_t len = image_be16(in, at + 2);
        if (marker < 0xc0 || (marker >= 0xd0 && marker <= SOI) || len < 2 || len > in.n - at - 2)
            return false;
        Str data = str_sub(in, at + 4, len - 2);
        read_size(o, marker, data);
        put_segment(o, in, at, marker, data, &turn);
        at += (size_t)len + 2;
        if (marker != SOS)
            continue;
        size_t to = skip_scan(in, at);
        image_put(o, in.p + at, to - at);
        at = to;
        scanned = true;
    }
    image_put(o, end, sizeof end);
    turn_sides(o, turn);
    return scanned;
}
