/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/nlu.h"
#include "nlu/model_internal.h"

static const char *const emotions[NLU_EMOTION_COUNT] = {"calm", "pleased", "anxious",
                                                        "disappointed", "angry"};
static const char *const stages[NLU_STAGE_COUNT] = {"pre", "in", "after"};
static const char *const intents[NLU_INTENT_COUNT] = {"greeting",
                                                      "thanks",
                                                      "bye",
                                                      "confirm",
                                                      "inform",
                                                      "order_ref",
                                                      "handoff",
                                                      "chitchat",
                                                      "other",
                                                      "product_info",
                                                      "size_fit",
                                                      "usage_care",
                                                      "recommend",
                                                      "stock",
                                                      "authenticity",
                                                      "gift",
                                                      "price_promo",
                                                      "bargain",
                                                      "coupon",
                                                      "price_protect",
                                                      "order_how",
                                                      "payment",
                                                      "order_change",
                                                      "order_cancel",
                                                      "invoice",
                                                      "account",
                                                      "ship_when",
                                                      "courier",
                                                      "delivery_area",
                                                      "ship_eta",
                                                      "track",
                                                      "ship_fee",
                                                      "address_change",
                                                      "delivery_problem",
                                                      "pickup",
                                                      "return_refund",
                                                      "refund_progress",
                                                      "exchange",
                                                      "repair_warranty",
                                                      "missing_wrong",
                                                      "damaged_defect",
                                                      "install",
                                                      "compensation",
                                                      "complaint",
                                                      "review"};

static const char *const acts[NLU_ACT_COUNT] = {
    "greet",       "ask_need",      "clarify",        "answer_fact", "recommend",
    "agree_worry", "rebuild_value", "remove_risk",    "close_sale",  "guide_steps",
    "hold",        "apologise",     "empathise",      "restate",     "propose_solution",
    "promise",     "progress",      "confirm_solved", "ask_rating",  "escalate",
    "farewell",    "other"};
static const char *const faults[NLU_FAULT_COUNT] = {
    "blunt_refusal",     "blame",        "excuse_first", "vague",        "ignored",
    "repeated_template", "over_promise", "argue",        "off_platform", "competitor",
    "absolute_term",     "privacy",      "review_bribe", "rude"};

const char *nlu_emotion_code(NluEmotion e)
{
    return (unsigned)e < NLU_EMOTION_COUNT ? emotions[e] : "calm";
}

const char *nlu_stage_code(NluStage s)
{
    return (unsigned)s < NLU_STAGE_COUNT ? stages[s] : "pre";
}

bool nlu_emotion_parse(Str code, NluEmotion *ret)
{
    for (unsigned i = 0; i < NLU_EMOTION_COUNT; i++)
        if (str_is(code, emotions[i])) {
            *ret = (NluEmotion)i;
            return true;
        }
    return false;
}

bool nlu_stage_parse(Str code, NluStage *ret)
{
    for (unsigned i = 0; i < NLU_STAGE_COUNT; i++)
        if (str_is(code, stages[i])) {
            *ret = (NluStage)i;
            return true;
        }
    return false;
}

size_t nlu_intent_count(void)
{
    return NLU_INTENT_COUNT;
}

const char *nlu_intent_code(size_t i)
{
    return i < NLU_INTENT_COUNT ? intents[i] : "other";
}

int nlu_intent_index(Str code)
{
    for (int i = 0; i < NLU_INTENT_COUNT; i++)
        if (str_is(code, intents[i]))
            return i;
    return -1;
}

static int index_of(const char *const *names, int n, Str code)
{
    for (int i = 0; i < n; i++)
        if (str_is(code, names[i]))
            return i;
    return -1;
}

const char *nlu_act_code(size_t i)
{
    return i < NLU_ACT_COUNT ? acts[i] : "other";
}

int nlu_act_index(Str code)
{
    return index_of(acts, NLU_ACT_COUNT, code);
}

const char *nlu_fault_code(size_t i)
{
    return i < NLU_FAULT_COUNT ? faults[i] : "vague";
}

int nlu_fault_index(Str code)
{
    return index_of(faults, NLU_FAULT_COUNT, code);
}
