/* SPDX-License-Identifier: Apache-2.0 */
/* libFuzzer: a model file with the checksum mended, so that what lies behind it is reached;
 * whatever opens must be readable everywhere. */
#include "nlu/weights.h"
#include "base/assert.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 128 || size > 1 << 20)
        return -1;
    uint8_t *file = aligned_alloc(64, (size + 63) / 64 * 64);
    ASSERT(file != NULL);
    memcpy(file, data, size);
    memset(file + 64, 0, 32);
    crypto_hash_sha256(file + 64, file, size);
    NluWeights w;
    ErrSlot e = {0};
    int sum = 0;
    if (nlu_weights_open(&w, &e, (Str){(const char *)file, size}) == ERR_OK)
        for (int side = 0; side < NLU_WEIGHTS_SIDES; side++)
            for (uint32_t k = 0; k < 64; k++) {
                int32_t row = nlu_weights_row(&w.side[side], k * 2654435761u);
                for (uint32_t h = 0; row >= 0 && h < w.side[side].stride; h++)
                    sum += w.side[side].row[(size_t)row * w.side[side].stride + h];
            }
    ASSERT(sum < INT32_MAX);
    free(file);
    return 0;
}
