/* SPDX-License-Identifier: Apache-2.0 */
/* P-41: the charger's own certificate. */
#include "devices/charger/security/test/security_rig.h"

#include <stdio.h>

static struct charger_request request;
static struct charger_request_rules rules;

static void draw(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0x7f, len);
}

static const struct roost_random_ops draw_ops = {.fill = draw};
static const struct roost_random draws = {&draw_ops, NULL};

static void boot(void)
{
    rig_boot();
    assert_int_equal(
        charger_request_init(&request, &rig.pki, &draws, &rig.roots, &rig.events, &rules), 0);
}

static int set_up(void **state)
{
    (void)rig_set_up(state);
    rules = (struct charger_request_rules){.slot = "csms",
                                           .identity = "CP-0001",
                                           .organization = "Roost",
                                           .chain_max = ROOST_PKI_CHAIN_MAX,
                                           .days_before = 14};
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "root.pem"), CHARGER_INSTALL_ACCEPTED);
    boot();
    return 0;
}

/* The authority's answer to what is asked now; good until the next but one. */
static struct roost_pki_text answer(const char *extensions)
{
    static char texts[2][8192];
    static unsigned turn;
    char pem[ROOST_PKI_REQUEST_MAX], *text = texts[turn++ % 2];
    int len = charger_request_csr(&request, request.due_ms, pem, sizeof pem);

    assert_true(len > 0);
    pki_write("mine.csr", pem, (size_t)len);
    pki_write("mine.ext", extensions, strlen(extensions));
    assert_int_equal(pki_run("openssl req -in mine.csr -verify -noout -subject | tee mine.subject"),
                     0);
    assert_int_equal(pki_run("openssl x509 -req -in mine.csr -CA inter.pem -CAkey inter.key -days "
                             "50 -extfile mine.ext -out mine.pem && cat mine.pem inter.pem >"
                             "mine.chain"),
                     0);
    return roost_pki_text(text, pki_load("mine.chain", text, sizeof texts[0]));
}

static bool take(const struct roost_pki_text *chain, int day)
{
    return charger_request_signed(&request, chain, 1000, pki_at_day(day));
}

static bool signs(const struct roost_pki_text *chain)
{
    uint8_t digest[32] = {1}, signature[ROOST_PKI_SIGNATURE_MAX];
    int len = rig.pki.ops->sign(rig.pki.ctx, "csms", digest, signature);

    return len > 0 && rig.pki.ops->verify_signature(rig.pki.ctx, chain, ROOST_PKI_ECDSA, digest,
                                                    signature, (size_t)len) == 0;
}

static void test_p41_flow(void **state)
{
    char subject[256];

    (void)state;
    assert_true(charger_request_due(&request) == UINT64_MAX);
    assert_false(request.bound);
    assert_int_equal(charger_request_start(&request, 1000), 0);
    struct roost_pki_text chain = answer("extendedKeyUsage=clientAuth");
    subject[pki_load("mine.subject", subject, sizeof subject)] = '\0';
    assert_non_null(strstr(subject, "O = Roost, CN = CP-0001"));
    charger_request_answered(&request, true, 1000);
    assert_int_equal(request.state, CHARGER_REQUEST_ACCEPTED);
    assert_true(take(&chain, 0));
    assert_true(signs(&chain) && request.bound);
    assert_true(charger_request_due(&request) == UINT64_MAX);
    boot();
    assert_true(signs(&chain) && request.bound);
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidChargePointCertificate), 0);
}

static void test_p41_refused(void **state)
{
    static char longest[ROOST_PKI_CHAIN_MAX + 2];
    unsigned refused = 0;

    (void)state;
    assert_int_equal(charger_request_start(&request, 1000), 0);
    struct roost_pki_text foreign = answer("basicConstraints=CA:FALSE");
    assert_int_equal(charger_request_start(&request, 1000), 0);
    struct roost_pki_text chain = answer("basicConstraints=CA:FALSE");
    assert_false(take(&foreign, 0));
    struct charger_event event;
    assert_int_equal(charger_events_next(&rig.events, &event), 0);
    assert_int_equal(event.kind, CHARGER_EVENT_InvalidChargePointCertificate);
    assert_string_equal(event.info, "made for another key");
    assert_false(take(&chain, 60));
    assert_false(take(&chain, -1));
    refused = 3;
    static const char *const bad[] = {"client.pem", "root.pem", "image",           "rsaleaf.pem",
                                      "chain.pem",  "nine.pem", "toolongchain.pem"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct roost_pki_text text = pki_file(bad[i]);
        assert_false(take(&text, 0));
        assert_int_equal(rig_events(CHARGER_EVENT_InvalidChargePointCertificate), ++refused);
    }
    rules.identity = "CP-0002";
    assert_false(take(&chain, 0));
    rules.identity = "CP-0001";
    rules.organization = "Another";
    assert_false(take(&chain, 0));
    rules.organization = "Roost";
    /* Whole or not at all: 10,000 characters are taken, one more is not, nor what the key allows.
     */
    rules.chain_max = (uint16_t)(chain.len - 1);
    assert_false(take(&chain, 0));
    rules.chain_max = ROOST_PKI_CHAIN_MAX;
    memset(longest, '#', sizeof longest);
    memcpy(longest + ROOST_PKI_CHAIN_MAX + 1 - chain.len, chain.bytes, chain.len);
    struct roost_pki_text text = roost_pki_text(longest, ROOST_PKI_CHAIN_MAX + 1);
    assert_false(take(&text, 0));
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidChargePointCertificate), refused + 4);
    assert_false(charger_request_signed(&request, &chain, 1000, 0)); /* what time is it? */
    assert_int_equal(request.refused, refused + 4);
    assert_false(request.bound);
    text = roost_pki_text(longest + 1, ROOST_PKI_CHAIN_MAX);
    assert_true(take(&text, 0));
    assert_true(signs(&chain));
}

static void test_late(void **state)
{
    (void)state;
    assert_int_equal(charger_request_start(&request, 1000), 0);
    struct roost_pki_text late = answer("basicConstraints=CA:FALSE");
    assert_true(take(&late, 0));
    assert_int_equal(charger_request_start(&request, 2000), 0);
    struct roost_pki_text fresh = answer("basicConstraints=CA:FALSE");
    assert_true(take(&late, 0));
    assert_true(signs(&late));
    assert_int_not_equal(request.state, CHARGER_REQUEST_IDLE);
    assert_true(take(&fresh, 0));
    assert_true(signs(&fresh) && !signs(&late));
    assert_int_equal(request.state, CHARGER_REQUEST_IDLE);
}

static void test_back_off(void **state)
{
    char pem[ROOST_PKI_REQUEST_MAX];
    uint64_t now_ms = 1000, waited_ms = 0;

    (void)state;
    assert_int_equal(charger_request_csr(&request, now_ms, pem, sizeof pem), ROOST_ERR_AGAIN);
    assert_int_equal(charger_request_start(&request, now_ms), 0);
    for (int i = 0; i < 20; i++) {
        assert_true(charger_request_csr(&request, now_ms, pem, sizeof pem) > 0);
        assert_int_equal(charger_request_csr(&request, now_ms, pem, sizeof pem), ROOST_ERR_AGAIN);
        if (i % 2)
            charger_request_answered(&request, false, now_ms);
        uint64_t wait_ms = charger_request_due(&request) - now_ms;
        assert_true(wait_ms >= 30 * 1000 && wait_ms <= 6 * 60 * 60 * 1000);
        assert_true(wait_ms >= waited_ms);
        waited_ms = wait_ms;
        now_ms = charger_request_due(&request);
    }
    boot(); /* the same key is asked for again */
    assert_int_equal(request.state, CHARGER_REQUEST_WANTED);
    assert_true(charger_request_csr(&request, 0, pem, sizeof pem) > 0);
    charger_request_answered(&request, true, 5);
    assert_true(charger_request_due(&request) == 5 + CHARGER_REQUEST_WAIT_MS);
    rules.organization = "";
    assert_int_equal(charger_request_start(&request, now_ms), ROOST_ERR_STATE);
}

static void test_watch(void **state)
{
    int days = 0;

    (void)state;
    assert_int_equal(charger_request_days_left(&request, pki_at_day(0), &days),
                     ROOST_ERR_NOT_FOUND);
    assert_false(charger_request_watch(&request, 0, pki_at_day(0)));
    assert_int_equal(charger_request_start(&request, 1000), 0);
    struct roost_pki_text chain = answer("basicConstraints=CA:FALSE");
    assert_true(take(&chain, 0));
    assert_int_equal(charger_request_days_left(&request, pki_at_day(0), &days), 0);
    assert_int_equal(days, 49);
    assert_int_equal(charger_request_days_left(&request, pki_at_day(49), &days), 0);
    assert_int_equal(days, 0);
    assert_int_equal(charger_request_days_left(&request, pki_at_day(50), &days), 0);
    assert_int_equal(days, -1);
    assert_false(charger_request_watch(&request, 0, 0));
    assert_false(charger_request_watch(&request, 0, pki_at_day(35)));
    assert_true(charger_request_watch(&request, 77, pki_at_day(36)));
    assert_false(charger_request_watch(&request, 78, pki_at_day(37)));
    assert_true(charger_request_due(&request) == 77);
    assert_true(signs(&chain));
}

/* Power goes at write n of taking a certificate: the old pair or the new one, and when the old one
 * a key still waits and is asked for. */
static void test_cuts(void **state)
{
    (void)set_up(state);
    assert_int_equal(charger_request_start(&request, 1000), 0);
    struct roost_pki_text old = answer("basicConstraints=CA:FALSE");
    assert_true(take(&old, 0));
    for (int n = 0; n < 6; n++)
        for (int after = 0; after < 2; after++) {
            assert_int_equal(charger_request_start(&request, 1000), 0);
            struct roost_pki_text fresh = answer("basicConstraints=CA:FALSE");
            rig.store.writes = 0;
            rig.store.cut_at = n;
            rig.store.cut_after = after;
            bool done = take(&fresh, 0);
            boot();
            bool is_new = signs(&fresh);
            assert_true(request.bound && (is_new || (!done && signs(&old))));
            assert_int_equal(request.state, is_new ? CHARGER_REQUEST_IDLE : CHARGER_REQUEST_WANTED);
            assert_true(take(&fresh, 0));
            assert_true(signs(&fresh));
            old = fresh;
        }
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidChargePointCertificate), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_p41_flow, set_up),
        cmocka_unit_test_setup(test_p41_refused, set_up),
        cmocka_unit_test_setup(test_late, set_up),
        cmocka_unit_test_setup(test_back_off, set_up),
        cmocka_unit_test_setup(test_watch, set_up),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests_name("certificate requests", tests, NULL, NULL);
}
