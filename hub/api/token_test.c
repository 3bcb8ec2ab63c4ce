/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "core/err.h"
#include "hub/api/token.h"

static const char secret[] = "only-for-this-test-0123456789abcdef";
static const int64_t now_s = 1800000000;

static void an_access_token_says_who_until_it_expires(void **state)
{
    (void)state;
    const struct http_identity operator_7 = {
        .id = 7, .role = HTTP_ROLE_OPERATOR, .session = "0b7f7a52-6d0c-4b0e-8f5a-1f0a3f8d2c11"};
    struct http_identity found = {0};
    char *token = token_access_new(secret, &operator_7, now_s);
    assert_non_null(token);
    assert_int_equal(token_access_check(secret, token, now_s + TOKEN_ACCESS_S - 1, &found), 0);
    assert_int_equal(found.id, 7);
    assert_int_equal(found.role, HTTP_ROLE_OPERATOR);
    assert_string_equal(found.session, operator_7.session);
    assert_int_equal(found.valid_s, 1);
    assert_int_equal(token_access_check(secret, token, now_s - 30, &found), 0);
    assert_int_equal(token_access_check(secret, token, now_s - 90, &found), ROOST_ERR_STALE);
    assert_int_equal(token_access_check(secret, token, now_s + TOKEN_ACCESS_S, &found),
                     ROOST_ERR_STALE);
    assert_int_equal(token_access_check("another-secret-0123456789abcdefghi", token, now_s, &found),
                     ROOST_ERR_AUTH);
    free(token);
}

static void forged_tokens_are_refused(void **state)
{
    (void)state;
    struct http_identity found;
    const struct http_identity operator_7 = {.id = 7, .role = HTTP_ROLE_OPERATOR};
    char *token = token_access_new(secret, &operator_7, now_s);
    /* One changed character anywhere breaks it; the last may only carry unused bits. */
    for (size_t i = 0; i + 1 < strlen(token); i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        assert_int_not_equal(token_access_check(secret, token, now_s, &found), 0);
        token[i] = kept;
    }
    free(token);

    /* {"alg":"none"}.{"iss":"roostd","sub":"7","role":"operator","exp":1900000000}. */
    char unsigned_token[256] = "";
    const char *parts[] = {"{\"alg\":\"none\",\"typ\":\"JWT\"}",
                           "{\"iss\":\"roostd\",\"sub\":\"7\",\"role\":\"operator\","
                           "\"exp\":1900000000}"};
    size_t len = 0;
    for (size_t i = 0; i < 2; i++) {
        len += roost_base64_encode(unsigned_token + len, parts[i], strlen(parts[i]));
        while (unsigned_token[len - 1] == '=')
            len--;
        unsigned_token[len++] = '.';
    }
    unsigned_token[len] = '\0';
    assert_int_equal(token_access_check(secret, unsigned_token, now_s, &found), ROOST_ERR_AUTH);
    assert_int_equal(token_access_check(secret, "", now_s, &found), ROOST_ERR_AUTH);
    assert_int_equal(token_access_check(secret, "a.b.c", now_s, &found), ROOST_ERR_AUTH);
}

static void refresh_tokens_differ_and_hash_alike(void **state)
{
    (void)state;
    char first[TOKEN_REFRESH_LEN + 1], second[TOKEN_REFRESH_LEN + 1];
    char hash[TOKEN_HASH_LEN + 1], again[TOKEN_HASH_LEN + 1];
    token_refresh_new(first, hash);
    token_refresh_hash(first, again);
    assert_string_equal(hash, again);
    token_refresh_new(second, again);
    assert_string_not_equal(first, second);
    assert_int_equal(strlen(first), TOKEN_REFRESH_LEN);
    assert_null(strpbrk(first, "+/="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_token_says_who_until_it_expires),
        cmocka_unit_test(forged_tokens_are_refused),
        cmocka_unit_test(refresh_tokens_differ_and_hash_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
