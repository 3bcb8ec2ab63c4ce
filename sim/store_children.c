/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of the model, as far as it is about children: who they are, what holds of their
 * consents, whose a device is. Evidence of consents that have ended, and the audit's lines, are not
 * kept. */
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "sim/store.h"

int sim_store_children_init(struct sim_store *store)
{
    store->children = calloc(SIM_STORE_CHILDREN, sizeof *store->children);
    store->claims = calloc(SIM_STORE_DEVICES, sizeof *store->claims);
    store->credentials = calloc(SIM_STORE_DEVICES, sizeof *store->credentials);
    return store->children && store->claims && store->credentials ? 0 : ROOST_ERR_NO_MEMORY;
}

void sim_store_children_deinit(struct sim_store *store)
{
    free(store->children);
    free(store->claims);
    free(store->credentials);
    store->children = NULL;
    store->claims = NULL;
    store->credentials = NULL;
}

static struct registry_child *child_find(const struct sim_store *store, const char *id)
{
    for (size_t i = 0; i < store->child_count; i++)
        if (strcmp(store->children[i].id, id) == 0)
            return &store->children[i];
    return NULL;
}

static struct registry_claim *claim_find(const struct sim_store *store, const char *device_id)
{
    for (size_t i = 0; i < store->claim_count; i++)
        if (strcmp(store->claims[i].device_id, device_id) == 0)
            return &store->claims[i];
    return NULL;
}

static struct registry_credential *credential_find(const struct sim_store *store,
                                                   const char *device_id)
{
    for (size_t i = 0; i < store->credential_count; i++)
        if (strcmp(store->credentials[i].device_id, device_id) == 0)
            return &store->credentials[i];
    return NULL;
}

void sim_store_keep_credential(struct sim_store *store,
                               const struct registry_credential *credential)
{
    ROOST_ASSERT(store->credential_count < SIM_STORE_DEVICES);
    store->credentials[store->credential_count++] = *credential;
}

void sim_store_forget_device(struct sim_store *store, const char *device_id)
{
    struct registry_claim *claim = claim_find(store, device_id);
    struct registry_credential *credential = credential_find(store, device_id);

    if (claim)
        *claim = store->claims[--store->claim_count];
    if (credential)
        *credential = store->credentials[--store->credential_count];
}

static int child_add(struct sim_store *store, const struct registry_child *child)
{
    if (child_find(store, child->id))
        return ROOST_ERR_EXISTS;
    ROOST_ASSERT(store->child_count < SIM_STORE_CHILDREN);
    struct registry_child *at = &store->children[store->child_count++];
    *at = *child;
    at->consents = at->devices = 0;
    return 0;
}

static int child_change(struct sim_store *store, const struct registry_child *child)
{
    struct registry_child *at = child_find(store, child->id);

    if (!at)
        return ROOST_ERR_NOT_FOUND;
    memcpy(at->name_sealed, child->name_sealed, sizeof at->name_sealed);
    at->sealed_len = child->sealed_len;
    at->birth_year = child->birth_year;
    at->birth_month = child->birth_month;
    memcpy(at->language, child->language, sizeof at->language);
    return 0;
}

static int child_get(const struct sim_store *store, struct registry_job *job)
{
    job->answer.children = child_find(store, job->request.key);
    job->answer.count = job->answer.children != NULL;
    return job->answer.children ? 0 : ROOST_ERR_NOT_FOUND;
}

static int child_delete(struct sim_store *store, const char *id)
{
    struct registry_child *at = child_find(store, id);

    if (!at)
        return ROOST_ERR_NOT_FOUND;
    for (size_t i = store->claim_count; i-- > 0;)
        if (strcmp(store->claims[i].child_id, id) == 0)
            store->claims[i] = store->claims[--store->claim_count];
    *at = store->children[--store->child_count];
    return 0;
}

static int consent_add(const struct sim_store *store, const struct registry_consent *consent)
{
    struct registry_child *at = child_find(store, consent->child_id);

    if (!at)
        return ROOST_ERR_NOT_FOUND;
    at->consents |= consent->kind;
    return 0;
}

static int consent_revoke(const struct sim_store *store, const struct registry_consent *consent)
{
    struct registry_child *at = child_find(store, consent->child_id);

    if (!at || !(at->consents & consent->kind))
        return ROOST_ERR_NOT_FOUND;
    at->consents &= ~consent->kind;
    return 0;
}

static void pair_get(const struct sim_store *store, struct registry_job *job)
{
    const char(*ids)[65] = job->request.ids;

    job->answer.claims = claim_find(store, ids[0]);
    job->answer.credentials = credential_find(store, ids[0]);
    job->answer.children = child_find(store, ids[1]);
    job->answer.claim_count = job->answer.claims != NULL;
    job->answer.count = 1;
}

static int claim_put(struct sim_store *store, const struct registry_claim *claim)
{
    struct registry_claim *at = claim_find(store, claim->device_id);

    if (!child_find(store, claim->child_id))
        return ROOST_ERR_NOT_FOUND;
    if (!at) {
        ROOST_ASSERT(store->claim_count < SIM_STORE_DEVICES);
        at = &store->claims[store->claim_count++];
    }
    *at = *claim;
    return 0;
}

static int do_it(struct sim_store *store, struct registry_job *job)
{
    const struct registry_request *request = &job->request;

    switch (request->op) {
    case REGISTRY_CHILD_ADD:
        return child_add(store, request->child);
    case REGISTRY_CHILD_CHANGE:
        return child_change(store, request->child);
    case REGISTRY_CHILD_GET:
        return child_get(store, job);
    case REGISTRY_CHILD_DELETE:
        return child_delete(store, request->key);
    case REGISTRY_CONSENT_ADD:
        return consent_add(store, request->consent);
    case REGISTRY_CONSENT_REVOKE:
        return consent_revoke(store, request->consent);
    case REGISTRY_PAIR_GET:
        pair_get(store, job);
        return 0;
    case REGISTRY_CLAIM_PUT:
        return claim_put(store, request->claim);
    case REGISTRY_AUDIT_ADD:
        return 0;
    default:
        return ROOST_ERR_UNSUPPORTED;
    }
}

int sim_store_children_do(struct sim_store *store, struct registry_job *job)
{
    int err = do_it(store, job);

    store->audited += err == 0 && job->request.audit;
    return err;
}
