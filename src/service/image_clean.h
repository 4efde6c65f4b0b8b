/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_IMAGE_CLEAN_H
#define SERVICE_IMAGE_CLEAN_H
/*
 * image_clean: takes out of a picture what is not the picture: where and with which device it was
 * taken, earlier versions and thumbnails in it, words, and whatever is hidden behind its end. The
 * file is written anew from the parts that a viewer needs; pixels are not touched, colours (ICC)
 * and the way a photo was held (EXIF orientation, alone) stay.
 *
 * Refuses: to decode or to scale. Pure; never reads beyond what it was given.
 */
#include "base/err.h"
#include "base/str.h"

typedef enum {
    FILE_UNKNOWN,
    FILE_PNG,
    FILE_JPEG,
    FILE_GIF,
    FILE_WEBP,
    FILE_PDF,
    FILE_PLAIN /* UTF-8 text */
} FileKind;

enum { IMAGE_SIDE_MAX = 20000, IMAGE_PIXELS_MAX = 100000000 };

FileKind file_sniff(Str bytes); /* by content alone */
typedef struct {
    Str bytes;             /* arena; never longer than what came in by more than IMAGE_CLEAN_MORE */
    int64_t width, height; /* as shown: turned by the orientation */
} ImageClean;
enum { IMAGE_CLEAN_MORE = 64 };
/* PNG, JPEG, GIF, WebP. Codes file.broken, file.image_size (INVALID). */
Err image_clean(Arena *a, ErrSlot *e, FileKind kind, Str bytes, ImageClean *ret) WARN_UNUSED;
#endif
