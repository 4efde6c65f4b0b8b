/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H
/* Dates of the Gregorian calendar and days since 1970-01-01, without a zone. The two conversions
 * are Howard Hinnant's "days from civil". */
#include <stdint.h>

int64_t civil_days(int64_t year, int month, int day); /* days since 1970-01-01 */
void civil_date(int64_t days, int64_t *year, int *month, int *day);
int civil_weekday(int64_t days); /* 0 Monday … 6 Sunday */
#endif
