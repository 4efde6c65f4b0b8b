/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_TALK_FILES_H
#define APP_TALK_FILES_H
#include "nlu/talk.h"
/* Labelled conversations from disk: a folder (every .txt in it, by
 * name, and the templates in templates/), a .txt of the corpus, or
 * JSON lines, also gzipped. Codes: file.…, nlu.talk_invalid. */
Err talk_files_read(NluTalks *t, ErrSlot *e, const char *path) WARN_UNUSED;
#endif
