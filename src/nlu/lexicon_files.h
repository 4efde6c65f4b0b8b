/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_LEXICON_FILES_H
#define NLU_LEXICON_FILES                                                                          \
    {                                                                                              \
        "lexicon/agent.json", "lexicon/context.json", "lexicon/emotion.json",                      \
            "lexicon/intent_after.json", "lexicon/intent_goods.json", "lexicon/intent_order.json", \
            "lexicon/intent_parcel.json", "lexicon/intent_talk.json", "lexicon/slots.json",        \
            "lexicon/stage.json"                                                                   \
    }
enum { NLU_LEXICON_FILE_COUNT = 10 };
#endif
