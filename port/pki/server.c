/* SPDX-License-Identifier: Apache-2.0 */
#include "port/pki/server.h"

enum roost_tls_failure roost_pki_server(const struct roost_pki *pki,
                                        const struct roost_tls_options *tls,
                                        const struct roost_pki_text *chain, const char *host,
                                        int64_t unix_ms)
{
    struct roost_pki_check check = {.chain = chain,
                                    .roots = tls->roots,
                                    .root_count = tls->root_count,
                                    .at_ms = unix_ms,
                                    .usage = ROOST_PKI_TLS_SERVER,
                                    .host = host};
    enum roost_pki_verdict verdict;

    if (unix_ms == 0) {
        struct roost_certificate own;
        if (pki->ops->inspect(pki->ctx, chain, 0, &own) < 0)
            return ROOST_TLS_OTHER;
        check.at_ms = own.not_before_ms;
    }
    int err = pki->ops->verify_chain(pki->ctx, &check, &verdict);
    return err == 0 ? ROOST_TLS_NONE : roost_tls_failure_of(verdict);
}
