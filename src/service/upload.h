/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_UPLOAD_H
#define SERVICE_UPLOAD_H
#include <stddef.h>
/* placeholder until the upload room is written */
enum { UPLOAD_MAX_BYTES = 10 << 20 };
static inline const char *upload_type(size_t i)
{
    static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp"};
    return i < 4 ? types[i] : 0;
}
#endif
