/* SPDX-License-Identifier: Apache-2.0 */
#include "opener.h"

#include <stdio.h>

bool opener_run(Opener *opener, Loop *loop, uint32_t wanted,
                bool (*start)(Loop *loop, uint32_t index))
{
    *opener = (Opener){.wanted = wanted};
    int64_t news_ns = clock_ns();
    uint32_t settled = 0;
    while (opener->ready + opener->lost < wanted) {
        while (opener->started < wanted &&
               opener->started - opener->ready - opener->lost < OPENER_UNDER_WAY) {
            if (!start(loop, opener->started++))
                opener->lost++;
        }
        loop_turn(loop, 100);
        if (settled != opener->ready + opener->lost) {
            settled = opener->ready + opener->lost;
            news_ns = clock_ns();
        } else if (clock_ns() - news_ns > 60000000000) {
            fprintf(stderr, "only %u of %u connections became ready\n", opener->ready, wanted);
            return false;
        }
    }
    if (opener->lost > 0)
        fprintf(stderr, "%u of %u connections were lost\n", opener->lost, wanted);
    return opener->lost == 0;
}
