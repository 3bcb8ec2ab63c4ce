/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/fault.h"

#include <stdbool.h>
#include <string.h>

#include "core/assert.h"
#include "core/number.h"

/* Sent words first, in the order of enum ocpp_error. */
static const struct {
    uint16_t word;
    uint8_t error;
} words[] = {
#define X(name, word) {OCPP_##word, OCPP_ERROR_##name},
    OCPP_ERRORS(X) OCPP_ERRORS_ACCEPTED(X)
#undef X
};

static const uint8_t errors[OCPP_FAULT_COUNT] = {
#define X(name, error, text) [OCPP_FAULT_##name] = OCPP_ERROR_##error,
    OCPP_FAULTS(X)
#undef X
};

static const char *const texts[OCPP_FAULT_COUNT] = {"nothing",
#define X(name, error, text) text,
                                                    OCPP_FAULTS(X)
#undef X
};

enum ocpp_word ocpp_error_word(enum ocpp_error error)
{
    ROOST_ASSERT(error > OCPP_ERROR_NONE && error < OCPP_ERROR_UNKNOWN);
    return words[error - 1].word;
}

enum ocpp_error ocpp_error_find(const char *word, size_t len)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *text = ocpp_word_text(words[i].word);
        if (strlen(text) == len && memcmp(text, word, len) == 0)
            return words[i].error;
    }
    return OCPP_ERROR_UNKNOWN;
}

enum ocpp_error ocpp_fault_error(const struct ocpp_fault *fault)
{
    return errors[fault->kind];
}

static char *append(char *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out, text, len + 1);
    return out + len;
}

/* The longest: a name of 32, a text of 36, a number of 11, and 5 between them. */
void ocpp_fault_text(const struct ocpp_fault *fault, char out[OCPP_FAULT_TEXT_MAX])
{
    const char *name = fault->kind == OCPP_FAULT_EXTRA ? fault->name : ocpp_word_text(fault->field);
    bool limit = fault->kind == OCPP_FAULT_LENGTH || fault->kind == OCPP_FAULT_RANGE;
    char number[ROOST_NUMBER_MAX];

    *out = '\0';
    if (*name)
        out = append(append(out, name), ": ");
    out = append(out, texts[fault->kind]);
    if (limit) {
        (void)roost_write_scaled(number, fault->limit, 0);
        (void)append(append(append(out, " ("), number), ")");
    }
}
