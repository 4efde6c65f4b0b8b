/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ASSIST_SCRIPT_FILES_H
#define ASSIST_SCRIPT_FILES_H
/* The starter library that ships with the product, relative to content/: a new shop gets these
 * scripts as rows. */
#define ASSIST_SCRIPT_FILES                                                                        \
    {                                                                                              \
        "scripts/01_reception.json", "scripts/02_needs_goods.json", "scripts/03_price_order.json", \
            "scripts/04_parcel.json", "scripts/05_after.json", "scripts/06_feeling_care.json"      \
    }
enum { ASSIST_SCRIPT_FILE_COUNT = 6 };
#define ASSIST_GUARD_FILE "guard/rules.json"
#endif
