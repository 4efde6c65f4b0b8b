/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_GRAMMAR_FILES_H
#define NLU_GRAMMAR_FILES_H
/* The grammar files that ship with the product, relative to content/. Whoever loads or embeds them
 * takes this list. */
#define NLU_GRAMMAR_FILES                                                                          \
    {                                                                                              \
        "grammar/promise_rules.json", "grammar/promise_words.json", "grammar/time_rules.json",     \
            "grammar/time_words.json"                                                              \
    }
enum { NLU_GRAMMAR_FILE_COUNT = 4 };
#endif
