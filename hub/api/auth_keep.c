/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry keeps of the sign-ins: which there are, and the tokens that are long over. */
#include <stdlib.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/api/auth_internal.h"

enum {
    /* Refresh tokens are deleted when the two clocks have gone on together for an hour: what a jump
     * of the wall clock makes look old may not be. */
    PURGE_TURNS = 3600 * 1000 / AUTH_TURN_MS,
    JUMP_MS = 10 * 1000,
    PURGE_AFTER_MS = 24 * 3600 * 1000
};

/* Those that may have an access token: a token was made for them not longer ago than one lasts. */
static struct registry_request families(const struct auth *auth)
{
    return (struct registry_request){
        .op = REGISTRY_TOKEN_FAMILIES,
        .number = (auth_unix_s(auth) + TOKEN_REFRESH_S - TOKEN_ACCESS_S) * 1000,
        .count = SIGN_INS_MAX};
}

static void listed(void *arg, int err, const struct registry_answer *answer)
{
    struct auth *auth = arg;
    auth->turning = false;
    /* Answers come in the order in which things were done: what is in our list and not in this one
     * was ended. */
    if (err == 0)
        sign_ins_set(auth->sign_ins, answer->token, answer->count);
    else
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "auth", "the registry does not say which sign-ins end",
                         RF_ERR("error", err));
}

static void ask_families(struct auth *auth)
{
    const struct registry_request request = families(auth);
    if (auth->turning)
        return;
    auth->turning = true;
    int err = auth->registry->ops->ask(auth->registry->ctx, &request, listed, auth);
    if (err != 0)
        listed(auth, err, NULL);
}

void auth_load(struct auth *auth)
{
    ask_families(auth);
    auth->registry->ops->wait(auth->registry->ctx);
}

static void purged(void *arg, int err, const struct registry_answer *answer)
{
    (void)arg;
    if (err != 0)
        HOST_LOG(ROOST_LOG_WARN, "auth", "expired refresh tokens could not be deleted",
                 RF_ERR("error", err));
    else if (answer->number > 0)
        HOST_LOG(ROOST_LOG_INFO, "auth", "expired refresh tokens deleted",
                 RF_INT("tokens", answer->number));
}

void auth_turn(struct auth *auth)
{
    uint64_t now_ms = auth_now_ms(auth);
    int64_t unix_ms = auth_unix_ms(auth);
    int64_t drift_ms = (unix_ms - auth->turn_unix_ms) - (int64_t)(now_ms - auth->turn_ms);
    auth->steady_turns = llabs(drift_ms) > JUMP_MS ? 0 : auth->steady_turns + 1;
    auth->turn_ms = now_ms;
    auth->turn_unix_ms = unix_ms;
    ask_families(auth);
    if (auth->steady_turns < PURGE_TURNS)
        return;
    auth->steady_turns = 0;
    const struct registry_request request = {.op = REGISTRY_TOKEN_PURGE,
                                             .number = unix_ms - PURGE_AFTER_MS};
    int err = auth->registry->ops->ask(auth->registry->ctx, &request, purged, auth);
    if (err != 0)
        purged(auth, err, NULL);
}
