/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: any bytes are cleaned or refused; what was cleaned is of the same kind, no longer
 * than allowed, and cleaning it again changes nothing. */
#include "service/image_clean.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Str in = {(const char *)data, size};
    FileKind kind = file_sniff(in);
    Arena *a = arena_create(64 << 20);
    ErrSlot e = {0};
    ImageClean once, twice;
    if (image_clean(a, &e, kind, in, &once) == ERR_OK) {
        if (file_sniff(once.bytes) != kind || once.bytes.n > size + IMAGE_CLEAN_MORE ||
            once.width < 1 || once.height < 1)
            abort();
        if (image_clean(a, &e, kind, once.bytes, &twice) != ERR_OK ||
            !str_eq(once.bytes, twice.bytes) || once.width != twice.width)
            abort();
    }
    arena_destroy(a);
    return 0;
}
