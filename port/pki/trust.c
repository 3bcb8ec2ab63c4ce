/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/trust.h"

#include "core/err.h"

static bool has(uint8_t set, unsigned number)
{
    return set >> number & 1;
}

bool roost_trust_next(struct roost_trust_path *path, const struct roost_trust_names *names)
{
    uint8_t used = 0;
    unsigned from = 0;

    if (path->len == 0) {
        path->len = 1;
        path->at[0] = 0;
        if (has(names->by_root, 0))
            return true;
    }
    for (unsigned i = 0; i < path->len; i++)
        used = (uint8_t)(used | 1u << path->at[i]);
    while (path->len > 0) {
        unsigned last = path->at[path->len - 1];
        uint8_t open = (uint8_t)(names->issuers[last] & ~used);
        while (from < names->count && !has(open, from))
            from++;
        if (from == names->count) {
            used = (uint8_t)(used & ~(1u << last));
            from = last + 1;
            path->len--;
            continue;
        }
        path->at[path->len++] = (uint8_t)from;
        used = (uint8_t)(used | 1u << from);
        if (has(names->by_root, from))
            return true;
        from = 0;
    }
    return false;
}

static void try_paths(const struct roost_trust_ops *ops, void *ctx,
                      const struct roost_trust_names *names, enum roost_pki_verdict *verdict)
{
    struct roost_trust_path path = {0};

    for (int i = 0; i < ROOST_TRUST_PATHS_MAX && roost_trust_next(&path, names); i++) {
        enum roost_pki_verdict found = ops->judge(ctx, &path);
        if (found == ROOST_PKI_GOOD || found > *verdict)
            *verdict = found;
        if (found == ROOST_PKI_GOOD)
            return;
    }
}

/* What cannot be read costs itself and is counted; what the text's read says, and no memory, are
 * errors of the whole. */
static int try_roots(const struct roost_trust_ops *ops, void *ctx,
                     const struct roost_pki_check *check, const struct roost_pki_text *text,
                     struct roost_trust_names *names, enum roost_pki_verdict *verdict)
{
    struct roost_pem pem;

    roost_pem_init(&pem, text);
    while (*verdict != ROOST_PKI_GOOD) {
        int err = roost_pem_next(&pem);
        if (err == 0)
            return 0;
        if (err > 0) {
            err = ops->root(ctx, &pem, &names->by_root);
            if (err == 0 && names->by_root)
                try_paths(ops, ctx, names, verdict);
        }
        if (err == 0 || err == ROOST_ERR_NOT_FOUND)
            continue;
        if (err == ROOST_ERR_NO_MEMORY)
            return err;
        err = roost_pem_recover(&pem);
        if (err)
            return err;
        if (check->damaged_roots)
            ++*check->damaged_roots;
    }
    return 0;
}

int roost_trust(const struct roost_trust_ops *ops, void *ctx, const struct roost_pki_check *check,
                struct roost_trust_names *names, enum roost_pki_verdict *verdict)
{
    int err = 0;

    *verdict = ROOST_PKI_UNTRUSTED;
    for (size_t i = 0; i < check->root_count && !err && *verdict != ROOST_PKI_GOOD; i++)
        err = try_roots(ops, ctx, check, &check->roots[i], names, verdict);
    if (err)
        *verdict = ROOST_PKI_FAILED;
    return err ? err : *verdict == ROOST_PKI_GOOD ? 0 : ROOST_ERR_CRYPTO;
}
