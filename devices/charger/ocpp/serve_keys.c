/* SPDX-License-Identifier: Apache-2.0 */
/* ChangeConfiguration and GetConfiguration. */
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

static const uint16_t answer_words[CHARGER_KEY_ANSWER_COUNT] = {
    [CHARGER_KEY_ACCEPTED] = OCPP_Accepted,
    [CHARGER_KEY_REJECTED] = OCPP_Rejected,
    [CHARGER_KEY_REBOOT_REQUIRED] = OCPP_RebootRequired,
    [CHARGER_KEY_NOT_SUPPORTED] = OCPP_NotSupported};

/* ---- one is changed ---- */

/* A name or value of more bytes than any of ours has is one that we have not. */
static void take_text(const struct ocpp_value *value, char *out, size_t size, uint16_t *len,
                      bool *too_long)
{
    if (value->at + value->len >= size) {
        *too_long = true;
        return;
    }
    memcpy(out + value->at, value->text, value->len);
    *len = (uint16_t)(value->at + value->len);
}

int charger_take_key(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;

    if (value->field == OCPP_key)
        take_text(value, asked->set.name, sizeof asked->set.name, &asked->set.name_len,
                  &asked->set.name_too_long);
    else if (value->field == OCPP_value)
        take_text(value, asked->set.value, sizeof asked->set.value, &asked->set.value_len,
                  &asked->set.value_too_long);
    return 0;
}

enum ocpp_error charger_serve_key(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    enum charger_key_answer answer = CHARGER_KEY_NOT_SUPPORTED;

    asked->set.id = -1;
    if (asked->set.value_too_long)
        answer = charger_keys_find(asked->set.name, asked->set.name_len) < 0
                     ? CHARGER_KEY_NOT_SUPPORTED
                     : CHARGER_KEY_REJECTED;
    else if (!asked->set.name_too_long)
        answer = charger_keys_set(ocpp->config.keys, asked->set.name, asked->set.name_len,
                                  asked->set.value, asked->set.value_len, &asked->set.id);
    memset(asked->set.value, 0, sizeof asked->set.value); /* it may have been a password */
    return charger_say(ocpp, answer_words[answer]);
}

void charger_after_key(struct charger_ocpp *ocpp)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;
    bool changed =
        ocpp->serving.verdict == OCPP_Accepted || ocpp->serving.verdict == OCPP_RebootRequired;

    if (changed && does->key)
        does->key(does->ctx, ocpp->serving.asked.set.id);
}

/* ---- many are read ---- */

static void want(union charger_asked *asked, int id)
{
    uint8_t bit = (uint8_t)(1u << (id % 8));

    asked->get.wanted[id / 8] |= bit;
}

static void take_name(struct charger_ocpp *ocpp, const char *name, size_t len)
{
    union charger_asked *asked = &ocpp->serving.asked;
    size_t room = sizeof asked->get.unknown - asked->get.unknown_len;
    int id = charger_keys_find(name, len);

    asked->get.count++;
    if (asked->get.count > ocpp->config.keys->facts.keys_max)
        return; /* of a question for too many the first ones are answered */
    if (id >= 0) {
        want(asked, id);
    } else if (len < room) {
        memcpy(asked->get.unknown + asked->get.unknown_len, name, len);
        asked->get.unknown_len = (uint16_t)(asked->get.unknown_len + len);
        asked->get.unknown[asked->get.unknown_len++] = '\0';
    }
}

int charger_take_keys(void *ctx, const struct ocpp_value *value)
{
    struct charger_ocpp *ocpp = ctx;
    union charger_asked *asked = &ocpp->serving.asked;

    if (value->field != OCPP_key || value->kind != OCPP_KIND_IDENTIFIER)
        return 0;
    int err = ocpp_text_take(value, asked->get.name, sizeof asked->get.name);
    if (err < 0 || !value->last)
        return err;
    take_name(ocpp, asked->get.name, value->at + value->len);
    return 0;
}

enum ocpp_error charger_serve_keys(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;

    for (int id = 0; asked->get.count == 0 && id < CHARGER_KEY_COUNT; id++)
        want(asked, id);
    return OCPP_ERROR_NONE;
}

static void write_key(struct charger_ocpp *ocpp, struct ocpp_writer *w, size_t id)
{
    struct charger_key_view view;

    charger_keys_show(ocpp->config.keys, id, &view);
    ocpp_add_object(w);
    ocpp_put_text(w, OCPP_key, view.name);
    ocpp_put_bool(w, OCPP_readonly, view.readonly);
    if (view.readable)
        ocpp_put_text(w, OCPP_value, view.value);
    ocpp_end(w);
}

void charger_write_keys(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const union charger_asked *asked = &ocpp->serving.asked;

    ocpp_put_list(w, OCPP_configurationKey);
    for (size_t id = 0; id < CHARGER_KEY_COUNT; id++)
        if (asked->get.wanted[id / 8] >> (id % 8) & 1)
            write_key(ocpp, w, id);
    ocpp_end(w);
    if (asked->get.unknown_len == 0)
        return;
    ocpp_put_list(w, OCPP_unknownKey);
    for (size_t at = 0, len; at < asked->get.unknown_len; at += len + 1) {
        len = strlen(asked->get.unknown + at);
        ocpp_add_textn(w, asked->get.unknown + at, len);
    }
    ocpp_end(w);
}
