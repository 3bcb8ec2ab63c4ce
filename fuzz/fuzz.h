/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target shares: the entry point libFuzzer calls, and a check that ends the run
 * with the broken property's text. A target calls one decoder with the bytes as they come, holds it
 * to what its header promises, and, where there is an encoder, to decode(encode(x)) == x.
 */
#ifndef ROOST_FUZZ_FUZZ_H
#define ROOST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ_CHECK(property)                                                                       \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #property);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
