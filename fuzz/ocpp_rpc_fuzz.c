/* SPDX-License-Identifier: Apache-2.0 */
/* A frame whole and in pieces is the same; a refusal is good JSON; a CALL written again is itself.
 */
#include "core/err.h"
#include "core/json_read.h"
#include "fuzz/fuzz.h"
#include "proto/ocpp/rpc.h"
#include "proto/ocpp/test_messages.h"

enum { HEAD = 2, OUT = 1 << 17, TOKENS = 256 };

static struct ocpp_writer w;
static struct test_copy copy;
static char out[OUT], again[OUT];

static void open_copy(void *ctx, struct ocpp_rpc *rpc)
{
    copy = (struct test_copy){.w = &w};
    ocpp_writer_begin(&w, ctx, OUT);
    if (rpc->type == OCPP_FRAME_CALL)
        ocpp_write_call(&w, rpc->id, rpc->message);
    else
        ocpp_write_result(&w, rpc->id, rpc->message);
    ocpp_rpc_take(rpc, test_copy_take, &copy);
}

static enum ocpp_rpc_kind receive(struct ocpp_rpc *rpc, const struct ocpp_rpc_config *config,
                                  const char *text, size_t len, size_t piece)
{
    ocpp_rpc_begin(rpc, config, "1", OCPP_MSG_GetConfiguration);
    for (size_t at = 0; at < len; at += piece)
        ocpp_rpc_feed(rpc, text + at, len - at < piece ? len - at : piece);
    return ocpp_rpc_end(rpc);
}

static void check_refusal(const struct ocpp_rpc *rpc)
{
    struct roost_json doc;
    struct roost_json_token tokens[8];
    char refusal[1024];
    ocpp_writer_begin(&w, refusal, sizeof refusal);
    ocpp_write_refusal(&w, rpc);
    int len = ocpp_writer_end(&w);
    FUZZ_CHECK(len > 0);
    FUZZ_CHECK(roost_json_parse(&doc, tokens, 8, refusal, (size_t)len) == 0);
    FUZZ_CHECK(roost_json_size(&doc, ROOST_JSON_ROOT) == 5);
}

static void check_good(struct ocpp_rpc *rpc, struct ocpp_rpc_config *config,
                       enum ocpp_rpc_kind kind)
{
    static struct ocpp_rpc second;
    int len = ocpp_writer_end(&w);
    if (rpc->check.used & ~(unsigned)(OCPP_NOTED_ZONE | OCPP_NOTED_TWICE))
        return; /* what was let pass is not written */
    FUZZ_CHECK(len > 0);
    config->ctx = again;
    FUZZ_CHECK(receive(&second, config, out, (size_t)len, (size_t)len) == kind);
    FUZZ_CHECK(ocpp_writer_end(&w) == len && memcmp(out, again, (size_t)len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct roost_json_token tokens[TOKENS];
    static struct ocpp_rpc whole, pieces;
    struct roost_json doc;
    if (len < HEAD)
        return 0;
    struct ocpp_rpc_config config = {.side = data[0] & 1 ? OCPP_BY_CP : OCPP_BY_CS,
                                     .lenient = data[0] >> 1 & 0x3F,
                                     .bytes_max = OCPP_RPC_BYTES_MAX,
                                     .open = open_copy,
                                     .ctx = again};
    const char *text = (const char *)data + HEAD;
    len -= HEAD;
    enum ocpp_rpc_kind kind = receive(&pieces, &config, text, len, data[1] % 61 + 1U);
    config.ctx = out;
    FUZZ_CHECK(receive(&whole, &config, text, len, len ? len : 1) == kind);
    FUZZ_CHECK(whole.drop == pieces.drop && whole.error == pieces.error);
    FUZZ_CHECK(kind == OCPP_RPC_DROPPED ||
               memcmp(&whole.check.fault, &pieces.check.fault, sizeof whole.check.fault) == 0);
    FUZZ_CHECK(kind == OCPP_RPC_DROPPED || whole.check.used == pieces.check.used);
    FUZZ_CHECK(strcmp(whole.id, pieces.id) == 0 && whole.message == pieces.message);

    bool no_json = kind == OCPP_RPC_DROPPED && whole.drop == OCPP_DROP_NOT_JSON;
    int err = roost_json_parse(&doc, tokens, TOKENS, text, len);
    FUZZ_CHECK(err != ROOST_OK || !no_json);
    FUZZ_CHECK(err != ROOST_ERR_TRUNCATED || no_json);
    if (kind == OCPP_RPC_REFUSED)
        check_refusal(&whole);
    if (kind == OCPP_RPC_CALL || kind == OCPP_RPC_RESULT)
        check_good(&whole, &config, kind);
    return 0;
}
