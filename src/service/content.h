/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_CONTENT_H
#define SERVICE_CONTENT_H
/* The files of content/ that travel inside the program: what tools/embed.py makes at build time
 * (content_files.c and .S), declared here, where it can be read. */
#include <stddef.h>

#ifndef EMBED_FILE_TYPE
#define EMBED_FILE_TYPE
typedef struct {
    const char *name; /* relative to content/; NULL ends the table */
    const char *bytes;
    size_t n;
} EmbedFile;
#endif
extern const EmbedFile CONTENT_FILES[];
/* The files of models/: the trained understanding, 16-byte aligned. */
extern const EmbedFile MODELS_FILES[];
#define MODEL_UNDERSTANDING "understanding.zxm"
#endif
