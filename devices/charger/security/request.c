/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/security/request.h"

#include <string.h>

#include "core/err.h"
#include "core/timer.h"

enum { BACKOFF_BASE_MS = 60 * 1000, BACKOFF_CAP_MS = 6 * 60 * 60 * 1000 };

static const int64_t day_ms = 24 * 60 * 60 * 1000;

_Static_assert(sizeof(struct charger_request) <= CHARGER_REQUEST_RAM_MAX, "as the header says");

static void set_state(struct charger_request *request, enum charger_request_state state,
                      uint64_t due_ms)
{
    request->state = (uint8_t)state;
    request->due_ms = due_ms;
}

static uint64_t later_ms(struct charger_request *request, uint64_t now_ms)
{
    uint32_t drawn;

    request->random->ops->fill(request->random->ctx, &drawn, sizeof drawn);
    return now_ms + roost_backoff_next(&request->backoff, drawn);
}

int charger_request_init(struct charger_request *request, const struct roost_pki *pki,
                         const struct roost_random *random, struct charger_roots *roots,
                         struct charger_events *events, const struct charger_request_rules *rules)
{
    struct roost_pki_slot slot;

    *request = (struct charger_request){
        .pki = pki, .random = random, .roots = roots, .events = events, .rules = rules};
    roost_backoff_init(&request->backoff, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
    set_state(request, CHARGER_REQUEST_IDLE, ROOST_NEVER);
    int err = pki->ops->look(pki->ctx, rules->slot, &slot);
    if (err)
        return err;
    request->bound = slot.bound;
    if (slot.waiting)
        set_state(request, CHARGER_REQUEST_WANTED, 0);
    return 0;
}

/* ---- asking ---- */

int charger_request_start(struct charger_request *request, uint64_t now_ms)
{
    const struct roost_pki *pki = request->pki;
    const struct charger_request_rules *rules = request->rules;

    if (!rules->organization || !rules->organization[0])
        return ROOST_ERR_STATE;
    int err = pki->ops->generate(pki->ctx, rules->slot, ROOST_PKI_P256);
    if (err == ROOST_ERR_CORRUPT) { /* nothing in it can be used any more */
        err = pki->ops->erase(pki->ctx, rules->slot);
        if (!err)
            err = pki->ops->generate(pki->ctx, rules->slot, ROOST_PKI_P256);
    }
    if (err)
        return err;
    roost_backoff_reset(&request->backoff);
    set_state(request, CHARGER_REQUEST_WANTED, now_ms);
    return 0;
}

uint64_t charger_request_due(const struct charger_request *request)
{
    return request->due_ms;
}

int charger_request_csr(struct charger_request *request, uint64_t now_ms, char *pem, size_t size)
{
    const struct charger_request_rules *rules = request->rules;
    const struct roost_pki_subject subject = {.common_name = rules->identity,
                                              .organization = rules->organization};

    if (request->due_ms > now_ms)
        return ROOST_ERR_AGAIN;
    int len = request->pki->ops->request(request->pki->ctx, rules->slot, &subject, pem, size);
    /* Sent or not, without a word of it it is due again. */
    set_state(request, len > 0 ? CHARGER_REQUEST_SENT : CHARGER_REQUEST_WANTED,
              later_ms(request, now_ms));
    return len;
}

void charger_request_answered(struct charger_request *request, bool accepted, uint64_t now_ms)
{
    if (request->state != CHARGER_REQUEST_SENT)
        return;
    if (accepted)
        set_state(request, CHARGER_REQUEST_ACCEPTED, now_ms + CHARGER_REQUEST_WAIT_MS);
    else
        set_state(request, CHARGER_REQUEST_WANTED, request->due_ms);
}

/* ---- the certificate ---- */

/* NULL, or what is wrong with it; *err: it could not be said. */
static const char *fault_of(struct charger_request *request, const struct roost_pki_text *chain,
                            int64_t unix_ms, int *err)
{
    const struct roost_pki *pki = request->pki;
    const struct charger_request_rules *rules = request->rules;
    struct roost_pki_text roots[CHARGER_ROOTS_MAX];
    struct roost_pki_check check = {
        .chain = chain,
        .roots = roots,
        .root_count = charger_roots_texts(request->roots, CHARGER_ROOT_CENTRAL, roots),
        .at_ms = unix_ms,
        .usage = ROOST_PKI_TLS_CLIENT};
    enum roost_pki_verdict verdict;
    struct roost_certificate leaf;

    *err = 0;
    if (chain->len > rules->chain_max || chain->len > ROOST_PKI_CHAIN_MAX)
        return "longer than CertificateSignedMaxChainSize";
    int result = pki->ops->verify_chain(pki->ctx, &check, &verdict);
    if (result && verdict == ROOST_PKI_FAILED)
        *err = result;
    if (result)
        return roost_pki_verdict_text(verdict);
    result = pki->ops->inspect(pki->ctx, chain, 0, &leaf);
    if (result) {
        *err = result;
        return "";
    }
    if (strcmp(leaf.common_name, rules->identity) != 0)
        return "made for another charger";
    if (rules->organization && strcmp(leaf.organization, rules->organization) != 0)
        return "made for another organization";
    return NULL;
}

static bool refuse(struct charger_request *request, const char *why, uint64_t now_ms,
                   int64_t unix_ms)
{
    request->refused++;
    (void)charger_events_add(request->events, CHARGER_EVENT_InvalidChargePointCertificate, why,
                             now_ms, unix_ms);
    return false;
}

bool charger_request_signed(struct charger_request *request, const struct roost_pki_text *chain,
                            uint64_t now_ms, int64_t unix_ms)
{
    const struct roost_pki *pki = request->pki;
    const char *slot_name = request->rules->slot;
    struct roost_pki_slot slot;
    int err;

    if (unix_ms == 0)
        return false;
    const char *fault = fault_of(request, chain, unix_ms, &err);
    if (err)
        return false;
    if (fault)
        return refuse(request, fault, now_ms, unix_ms);
    err = pki->ops->bind(pki->ctx, slot_name, chain);
    if (err == ROOST_ERR_CRYPTO || err == ROOST_ERR_NOT_FOUND)
        return refuse(request, "made for another key", now_ms, unix_ms);
    if (err)
        return false;
    request->bound = true;
    if (pki->ops->look(pki->ctx, slot_name, &slot) == 0 && !slot.waiting) {
        roost_backoff_reset(&request->backoff);
        set_state(request, CHARGER_REQUEST_IDLE, ROOST_NEVER);
    }
    return true;
}

int charger_request_days_left(const struct charger_request *request, int64_t unix_ms, int *days)
{
    const struct roost_pki *pki = request->pki;
    struct roost_certificate leaf;
    struct roost_pki_slot slot;
    int err = pki->ops->look(pki->ctx, request->rules->slot, &slot);

    if (err)
        return err;
    if (!slot.bound)
        return ROOST_ERR_NOT_FOUND;
    err = pki->ops->inspect(pki->ctx, &slot.chain, 0, &leaf);
    if (err)
        return err;
    int64_t left_ms = leaf.not_after_ms + 1000 - unix_ms;
    *days = (int)(left_ms > 0 ? left_ms / day_ms : -1 + (left_ms + 1) / day_ms);
    return 0;
}

bool charger_request_watch(struct charger_request *request, uint64_t now_ms, int64_t unix_ms)
{
    int days;

    if (request->state != CHARGER_REQUEST_IDLE || request->rules->days_before == 0 || !unix_ms ||
        charger_request_days_left(request, unix_ms, &days))
        return false;
    return days < request->rules->days_before && charger_request_start(request, now_ms) == 0;
}
