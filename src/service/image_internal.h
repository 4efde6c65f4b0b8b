/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_IMAGE_INTERNAL_H
#define SERVICE_IMAGE_INTERNAL_H
/* One function for each format; image_clean.c chooses. */
#include "service/image_clean.h"

#include <string.h>

/* The file as it is written anew; room for it was taken once. */
typedef struct {
    char *p;
    size_t n, size;
    uint32_t width, height;
} ImageOut;

static inline void image_put(ImageOut *o, const void *p, size_t n)
{
    if (n > o->size - o->n)
        n = o->size - o->n; /* a bug, and a broken picture; never a write beyond */
    memcpy(o->p + o->n, p, n);
    o->n += n;
}
static inline uint8_t image_u8(Str s, size_t i)
{
    return (uint8_t)s.p[i];
}
static inline uint32_t image_be16(Str s, size_t i)
{
    return (uint32_t)image_u8(s, i) << 8 | image_u8(s, i + 1);
}
static inline uint32_t image_be32(Str s, size_t i)
{
    return image_be16(s, i) << 16 | image_be16(s, i + 2);
}
static inline uint32_t image_le16(Str s, size_t i)
{
    return (uint32_t)image_u8(s, i + 1) << 8 | image_u8(s, i);
}
static inline uint32_t image_le32(Str s, size_t i)
{
    return image_le16(s, i + 2) << 16 | image_le16(s, i);
}

/* False: broken. */
bool image_png(Str in, ImageOut *o);
bool image_jpeg(Str in, ImageOut *o);
bool image_gif(Str in, ImageOut *o);
bool image_webp(Str in, ImageOut *o);
#endif
