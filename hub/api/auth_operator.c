/* SPDX-License-Identifier: Apache-2.0 */
/* Making operators: for the start of the hub and for tools, outside of the loop. */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "hub/api/auth_internal.h"
#include "hub/api/password.h"

bool auth_is_email(const char *email)
{
    const char *at = strchr(email, '@');
    size_t len = strlen(email);
    /* Enough to catch a mistyped setting: nothing is ever sent there. */
    if (!at || at == email || at[1] == '\0' || strchr(at + 1, '@') || len > 128)
        return false;
    for (const char *c = email; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return false;
    return true;
}

static void note(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

static int ask_and_wait(const struct registry *registry, const struct registry_request *request)
{
    /* What stands where the wait ends without an answer. */
    int result = ROOST_ERR_CLOSED;
    int err = registry->ops->ask(registry->ctx, request, note, &result);
    if (err != 0)
        return err;
    registry->ops->wait(registry->ctx);
    return result;
}

int auth_find_operator(const struct registry *registry, const char *email)
{
    return ask_and_wait(registry,
                        &(struct registry_request){.op = REGISTRY_OPERATOR_GET, .key = email});
}

int auth_add_operator(const struct registry *registry, const char *email, const char *password,
                      int64_t unix_ms, char *why, size_t why_size)
{
    if (!auth_is_email(email)) {
        snprintf(why, why_size, "e-mail '%s' is not of the form name@host (at most 128 bytes)",
                 email);
        return ROOST_ERR_INVALID;
    }
    int err = password_check(password);
    if (err != 0) {
        snprintf(why, why_size, "the password needs %d to %d bytes, five of them different",
                 PASSWORD_MIN, PASSWORD_MAX);
        return err;
    }
    struct registry_operator op = {.created_ms = unix_ms, .role = "operator"};
    snprintf(op.email, sizeof op.email, "%s", email);
    err = password_hash(password, op.password_hash);
    if (err == 0)
        err = ask_and_wait(registry,
                           &(struct registry_request){.op = REGISTRY_OPERATOR_ADD, .person = &op});
    if (err == ROOST_ERR_EXISTS)
        snprintf(why, why_size, "operator '%s' exists already", email);
    else if (err != 0)
        snprintf(why, why_size, "operator '%s' could not be stored: %s", email,
                 roost_err_text(err));
    return err;
}
