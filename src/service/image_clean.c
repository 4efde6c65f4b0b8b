/* SPDX-License-Identifier: Apache-2.0 */
#include "service/image_internal.h"

#include "base/utf8.h"

static bool starts(Str s, const char *head, size_t n)
{
    return s.n >= n && memcmp(s.p, head, n) == 0;
}

static bool is_plain(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f)
            return false;
    }
    return s.n > 0 && utf8_valid(s);
}

FileKind file_sniff(Str s)
{
    if (starts(s, "\x89PNG\r\n\x1a\n", 8))
        return FILE_PNG;
    if (starts(s, "\xff\xd8\xff", 3))
        return FILE_JPEG;
    if (starts(s, "GIF87a", 6) || starts(s, "GIF89a", 6))
        return FILE_GIF;
    if (s.n >= 12 && starts(s, "RIFF", 4) && memcmp(s.p + 8, "WEBP", 4) == 0)
        return FILE_WEBP;
    if (starts(s, "%PDF-", 5))
        return FILE_PDF;
    return is_plain(s) ? FILE_PLAIN : FILE_UNKNOWN;
}

static bool clean(FileKind kind, Str bytes, ImageOut *o)
{
    switch (kind) {
    case FILE_PNG:
        return image_png(bytes, o);
    case FILE_JPEG:
        return image_jpeg(bytes, o);
    case FILE_GIF:
        return image_gif(bytes, o);
    case FILE_WEBP:
        return image_webp(bytes, o);
    case FILE_UNKNOWN:
    case FILE_PDF:
    case FILE_PLAIN:
        break;
    }
    return false;
}

Err image_clean(Arena *a, ErrSlot *e, FileKind kind, Str bytes, ImageClean *ret)
{
    ImageOut o = {.size = bytes.n + IMAGE_CLEAN_MORE};
    o.p = arena_alloc(a, o.size);
    if (file_sniff(bytes) != kind || !clean(kind, bytes, &o))
        return err_set(e, ERR_INVALID, "file.broken", "the picture is cut off or damaged");
    if (o.width == 0 || o.height == 0 || o.width > IMAGE_SIDE_MAX || o.height > IMAGE_SIDE_MAX ||
        (uint64_t)o.width * o.height > IMAGE_PIXELS_MAX)
        return err_set(e, ERR_INVALID, "file.image_size",
                       "a picture has at most %d pixels a side and %d million in all",
                       IMAGE_SIDE_MAX, IMAGE_PIXELS_MAX / 1000000);
    *ret = (ImageClean){.bytes = {o.p, o.n}, .width = o.width, .height = o.height};
    return ERR_OK;
}
