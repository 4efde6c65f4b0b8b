/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_SCRIPT_FILES_H
/* The starter library that ships with the product, relative to content/: a new shop gets these
 * scripts as rows. */
#define ASSIST_SCRIPT_FILES                                                                        \
    {                                                                                              \
        "scripts/01_reception.json", "scripts/02_needs_goods.json", "scripts/03_price_order.json", \
            "scripts/04_parcel.json", "scripts/05_after.json", "scripts/06_feeling_care.json",     \
            "scripts/07_holding.json", "scripts/08_feeling_goods.json",                            \
            "scripts/09_feeling_order.json", "scripts/10_feeling_after.json",                      \
            "scripts/11_goods_cases.json", "scripts/12_order_cases.json",                          \
            "scripts/13_parcel_cases.json", "scripts/14_after_cases.json",                         \
            "scripts/15_people_channels.json", "scripts/16_care_review_crisis.json",               \
            "scripts/17_refusals.json"                                                             \
    }
enum { ASSIST_SCRIPT_FILE_COUNT = 17 };
#define ASSIST_GUARD_FILE "guard/rules.json"
#endif
