/* SPDX-License-Identifier: Apache-2.0 */
/* What is signed, and what each answer and notice means. Over sockets: tests/e2e/money.test.mjs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/provider/http_provider.h"

static const char secret[] = "0123456789abcdef0123456789abcdef";

static void signed_as_everybody_signs(void **state)
{
    char text[HTTP_PROVIDER_SIGNATURE_BYTES];

    (void)state; /* RFC 4231, case 2 */
    assert_int_equal(http_provider_sign("Jefe", "what do ya want for nothing?", 28, text), 0);
    assert_string_equal(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void answers_to_begin(void **state)
{
    static const struct {
        long status;
        const char *body;
        int err;
    } cases[] = {
        {200, "{\"reference\":\"r\",\"url\":\"https://pay.example/1\"}", 0},
        {201, "{\"reference\":\"r\",\"url\":\"http://pay.example/1\",\"more\":[1,2]}", 0},
        {200, "{\"reference\":\"r\",\"url\":\"javascript:alert(1)\"}", ROOST_ERR_IO},
        {200, "{\"url\":\"https://pay.example/1\"}", ROOST_ERR_IO},
        {200, "{\"reference\":1,\"url\":\"https://pay.example/1\"}", ROOST_ERR_IO},
        {200, "[]", ROOST_ERR_IO},
        {200, "", ROOST_ERR_IO},
        {0, "", ROOST_ERR_IO},
        {302, "", ROOST_ERR_IO},
        {400, "{}", ROOST_ERR_REFUSED},
        {429, "{}", ROOST_ERR_IO},
        {500, "{}", ROOST_ERR_IO},
    };
    char reference[MONEY_REFERENCE_BYTES], url[MONEY_URL_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(http_provider_begun(cases[i].status, cases[i].body, reference, url),
                         cases[i].err);
}

static void answers_to_refund(void **state)
{
    (void)state;
    assert_int_equal(http_provider_refunded(200, "{\"status\":\"refunded\"}"), 0);
    assert_int_equal(http_provider_refunded(202, "{\"status\":\"pending\"}"), 1);
    assert_int_equal(http_provider_refunded(200, "{\"status\":\"no\"}"), ROOST_ERR_IO);
    assert_int_equal(http_provider_refunded(200, "{}"), ROOST_ERR_IO);
    assert_int_equal(http_provider_refunded(404, "{}"), ROOST_ERR_REFUSED);
    assert_int_equal(http_provider_refunded(503, "{}"), ROOST_ERR_IO);
}

static int noticed(const char *body, struct money_notice *notice)
{
    char signature[HTTP_PROVIDER_SIGNATURE_BYTES];

    assert_int_equal(http_provider_sign(secret, body, strlen(body), signature), 0);
    return http_provider_notice(secret, body, strlen(body), signature, notice);
}

static void notices(void **state)
{
    struct money_notice notice;

    (void)state;
    assert_int_equal(
        noticed("{\"payment_id\":\"p\",\"event\":\"paid\",\"amount\":2000,\"fee\":30}", &notice),
        0);
    assert_string_equal(notice.payment_id, "p");
    assert_int_equal(notice.event.kind, MONEY_IS_PAID);
    assert_int_equal(notice.event.amount, 2000);
    assert_int_equal(notice.event.fee, 30);
    assert_int_equal(noticed("{\"payment_id\":\"p\",\"event\":\"failed\"}", &notice), 0);
    assert_int_equal(noticed("{\"payment_id\":\"p\",\"event\":\"refunded\"}", &notice), 0);
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"event\":\"failed\"}",
        "{\"payment_id\":\"p\"}",
        "{\"payment_id\":\"p\",\"event\":\"started\"}",
        "{\"payment_id\":\"p\",\"event\":\"paid\"}",
        "{\"payment_id\":\"p\",\"event\":\"paid\",\"amount\":\"1\"}",
        "{\"payment_id\":\"p\",\"event\":\"paid\",\"amount\":1,\"fee\":null}",
        "{\"payment_id\":\"000000000000000000000000000000000\",\"event\":\"failed\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(noticed(wrong[i], &notice), ROOST_ERR_INVALID);
}

static void only_with_its_signature(void **state)
{
    static const char body[] = "{\"payment_id\":\"p\",\"event\":\"failed\"}";
    char signature[HTTP_PROVIDER_SIGNATURE_BYTES];
    struct money_notice notice;
    size_t len = strlen(body);

    (void)state;
    assert_int_equal(http_provider_sign(secret, body, len, signature), 0);
    assert_int_equal(http_provider_notice(secret, body, len, NULL, &notice), ROOST_ERR_AUTH);
    assert_int_equal(http_provider_notice(secret, body, len, "", &notice), ROOST_ERR_AUTH);
    assert_int_equal(http_provider_notice("other", body, len, signature, &notice), ROOST_ERR_AUTH);
    assert_int_equal(http_provider_notice(secret, body, len - 1, signature, &notice),
                     ROOST_ERR_AUTH);
    for (size_t i = 0; signature[i]; i++) {
        char digit = signature[i];
        signature[i] = digit == '0' ? '1' : '0';
        assert_int_equal(http_provider_notice(secret, body, len, signature, &notice),
                         ROOST_ERR_AUTH);
        signature[i] = digit;
    }
    assert_int_equal(http_provider_notice(secret, body, len, signature, &notice), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_as_everybody_signs), cmocka_unit_test(answers_to_begin),
        cmocka_unit_test(answers_to_refund),         cmocka_unit_test(notices),
        cmocka_unit_test(only_with_its_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
