/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/profile.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "hub/birth.h"
#include "hub/child.h"
#include "hub/factory/seal.h"

_Static_assert(REGISTRY_NAME_SEALED_MAX >= VOICE_CHILD_NAME_MAX + SEAL_EXTRA, "room for any name");

int profile_seal(struct registry_child *child, const uint8_t *key, const char *name)
{
    size_t len = strlen(name);

    if (len > VOICE_CHILD_NAME_MAX)
        return ROOST_ERR_TOO_LONG;
    child->sealed_len = len + SEAL_EXTRA;
    return seal_close(child->name_sealed, key, child->id, name, len);
}

int profile_open(char name[PROFILE_NAME_SIZE], const uint8_t *key,
                 const struct registry_child *child)
{
    size_t len = child->sealed_len - SEAL_EXTRA;
    int err =
        child->sealed_len <= SEAL_EXTRA || len >= PROFILE_NAME_SIZE
            ? ROOST_ERR_CRYPTO
            : seal_open((uint8_t *)name, key, child->id, child->name_sealed, child->sealed_len);

    name[err == 0 ? len : 0] = '\0';
    return err;
}

void profile_write(struct roost_json_writer *w, const struct registry_child *child,
                   const char *name, int64_t unix_ms)
{
    unsigned age = birth_age(child->birth_year, child->birth_month, unix_ms);
    enum child_age_group group;
    bool of_age = child_age_group_of(&group, age) == 0;
    char birth[16];

    snprintf(birth, sizeof birth, "%04u-%02u", child->birth_year % 10000, child->birth_month % 100);
    roost_json_put_str(w, "child_id", child->id);
    roost_json_put_str(w, "name", name);
    roost_json_put_str(w, "birth_month", birth);
    roost_json_put_uint(w, "age", age);
    roost_json_put_str(w, "age_group", of_age ? child_age_group_name(group) : NULL);
    roost_json_put_str(w, "language", child->language);
    roost_json_put_object(w, "consents");
    roost_json_put_bool(w, "service", child->consents & REGISTRY_CONSENT_SERVICE);
    roost_json_put_bool(w, "disclosure", child->consents & REGISTRY_CONSENT_DISCLOSURE);
    roost_json_end(w);
}

static int number(const char *digits, size_t count, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return ROOST_ERR_INVALID;
        *out = *out * 10 + (unsigned)(digits[i] - '0');
    }
    return 0;
}

int profile_birth(struct registry_child *child, const char *text, int64_t unix_ms)
{
    unsigned year, month;

    if (strlen(text) != 7 || text[4] != '-' || number(text, 4, &year) < 0 ||
        number(text + 5, 2, &month) < 0)
        return ROOST_ERR_INVALID;
    unsigned age = birth_age(year, month, unix_ms);
    if (age < CHILD_AGE_MIN || age > CHILD_AGE_MAX)
        return ROOST_ERR_RANGE;
    child->birth_year = year;
    child->birth_month = month;
    return 0;
}
