/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/datetime.h"
#include "host/clock.h"
#include "hub/factory/seal.h"
#include "hub/store/registry_sqlite.h"
#include "hub/voice/book_registry.h"

static struct registry registry;
static struct book_registry *book;
static uint8_t key[SEAL_KEY_BYTES] = {1, 2, 3};
static const uint8_t secret[32] = "thirty-two bytes of a secret....";
static int64_t now_unix_ms;

static uint64_t fixed_ms(void *ctx)
{
    (void)ctx;
    return 0;
}

static int64_t fixed_unix_ms(void *ctx)
{
    (void)ctx;
    return now_unix_ms;
}

static const struct host_clock_ops clock_ops = {.now_ms = fixed_ms, .unix_ms = fixed_unix_ms};
static const struct host_clock fixed_clock = {.ops = &clock_ops};

static void set_clock(const char *text)
{
    assert_int_equal(roost_datetime_parse(text, strlen(text), &now_unix_ms), 0);
}

/* ---- what the registry has ---- */

static void ignore(void *arg, int err, const struct registry_answer *answer)
{
    (void)answer;
    *(int *)arg = err;
}

static void put(const struct registry_request *request)
{
    int err = 1;
    assert_int_equal(registry.ops->ask(registry.ctx, request, ignore, &err), 0);
    registry.ops->wait(registry.ctx);
    assert_int_equal(err, 0);
}

static void put_child(const char *id, unsigned year, unsigned month, const char *language)
{
    struct registry_child child = {.birth_year = year, .birth_month = month};
    snprintf(child.id, sizeof child.id, "%s", id);
    snprintf(child.language, sizeof child.language, "%s", language);
    put(&(struct registry_request){.op = REGISTRY_CHILD_ADD, .child = &child});
}

static void put_consent(const char *id, unsigned kind)
{
    struct registry_consent consent = {.kind = kind, .given_ms = 1};
    snprintf(consent.child_id, sizeof consent.child_id, "%s", id);
    put(&(struct registry_request){.op = REGISTRY_CONSENT_ADD, .consent = &consent});
}

static void revoke(const char *id, unsigned kind)
{
    struct registry_consent consent = {.kind = kind, .revoked_ms = 2};
    snprintf(consent.child_id, sizeof consent.child_id, "%s", id);
    put(&(struct registry_request){.op = REGISTRY_CONSENT_REVOKE, .consent = &consent});
}

static void put_device(const char *id)
{
    struct registry_device device = {.claimed = true};
    struct registry_credential credential = {.sealed_len = sizeof secret + SEAL_EXTRA};
    snprintf(device.id, sizeof device.id, "%s", id);
    snprintf(credential.device_id, sizeof credential.device_id, "%s", id);
    assert_int_equal(seal_close(credential.secret_sealed, key, id, secret, sizeof secret), 0);
    put(&(struct registry_request){
        .op = REGISTRY_DEVICES_ADD, .devices = &device, .credentials = &credential, .count = 1});
}

static void claim(const char *device_id, const char *child_id)
{
    struct registry_claim row = {.claimed_ms = 1};
    snprintf(row.device_id, sizeof row.device_id, "%s", device_id);
    snprintf(row.child_id, sizeof row.child_id, "%s", child_id);
    put(&(struct registry_request){.op = REGISTRY_CLAIM_PUT, .claim = &row});
}

/* ---- what the book says ---- */

static struct {
    int calls, err;
    struct voice_known known;
} told;

static void tell(void *arg, int err, const struct voice_known *known)
{
    assert_ptr_equal(arg, &told);
    assert_true(err == 0 ? known != NULL : known == NULL);
    told.calls++;
    told.err = err;
    if (known)
        told.known = *known;
}

static const struct voice_known *look(const char *device_id, const char *child_id)
{
    const struct voice_book asked = book_registry_book(book);

    memset(&told, 0, sizeof told);
    assert_int_equal(asked.ops->look_up(asked.ctx, device_id, child_id, tell, &told), 0);
    assert_int_equal(told.calls, 0); /* never from inside the call */
    registry.ops->wait(registry.ctx);
    assert_int_equal(told.calls, 1);
    assert_int_equal(told.err, 0);
    return &told.known;
}

static int set_up(void **state)
{
    (void)state;
    set_clock("2026-06-15T12:00:00Z");
    if (registry_sqlite_open(&registry, NULL, ":memory:", NULL, 0) != 0)
        return -1;
    book = book_registry_new(&registry, &fixed_clock, key);
    return book ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    registry.ops->close(registry.ctx);
    book_registry_free(book);
    return 0;
}

static void take_audit(void *arg, int err, const struct registry_answer *answer)
{
    assert_int_equal(err, 0);
    assert_int_equal(answer->count, 1);
    *(struct registry_audit *)arg = answer->audit[0];
}

static void a_note_is_an_audit_line(void **state)
{
    const struct voice_book asked = book_registry_book(book);
    const struct registry_request list = {.op = REGISTRY_AUDIT_LIST, .key = "c-1", .count = 9};
    struct registry_audit line = {0};

    (void)state;
    asked.ops->note(asked.ctx, "teddy-0001", "c-1", "other age said");
    registry.ops->wait(registry.ctx);
    assert_int_equal(registry.ops->ask(registry.ctx, &list, take_audit, &line), 0);
    registry.ops->wait(registry.ctx);
    assert_string_equal(line.what, "other age said");
    assert_string_equal(line.device_id, "teddy-0001");
    assert_int_equal(line.operator_id, 0);
    assert_int_equal(line.at_ms, now_unix_ms);
}

static void strangers_are_no_error(void **state)
{
    const struct voice_known *known = look("teddy-0001", "c-1");
    (void)state;
    assert_false(known->claimed || known->other_child || known->child || known->consent);
    assert_int_equal(known->key_len, 0);
}

static void a_claimed_device_has_its_own_key(void **state)
{
    (void)state;
    put_device("teddy-0001");
    put_child("c-1", 2019, 6, "ar");
    put_child("c-2", 2019, 6, "en");
    assert_int_equal(look("teddy-0001", "c-1")->key_len,
                     0); /* it still speaks with the shared one */
    claim("teddy-0001", "c-1");
    const struct voice_known *known = look("teddy-0001", "c-1");
    assert_true(known->claimed && !known->other_child);
    assert_int_equal(known->key_len, sizeof secret);
    assert_memory_equal(known->key, secret, sizeof secret);
    assert_int_equal(known->language, CHILD_AR);
    known = look("teddy-0001", "c-2");
    assert_true(known->claimed && known->other_child && known->child);
    assert_int_equal(known->language, CHILD_EN);
    assert_true(look("teddy-0001", "nobody")->other_child);
    put_consent("c-1", REGISTRY_CONSENT_SERVICE);
    put_consent("c-2", REGISTRY_CONSENT_SERVICE);
    assert_true(look("teddy-0001", "c-1")->consent);
    assert_false(look("teddy-0001", "c-2")->consent);
    claim("teddy-0001", "c-2"); /* changes hands */
    assert_false(look("teddy-0001", "c-1")->consent);
    assert_true(look("teddy-0001", "c-2")->consent);
}

static void a_key_that_does_not_open_is_none(void **state)
{
    static const uint8_t other[SEAL_KEY_BYTES] = {9};
    (void)state;
    put_device("teddy-0001");
    put_child("c-1", 2019, 6, "en");
    claim("teddy-0001", "c-1");
    book_registry_free(book);
    book = book_registry_new(&registry, &fixed_clock, other);
    assert_true(look("teddy-0001", "c-1")->claimed);
    assert_int_equal(look("teddy-0001", "c-1")->key_len, 0);
    book_registry_free(book);
    book = book_registry_new(&registry, &fixed_clock, NULL);
    assert_true(look("teddy-0001", "c-1")->claimed);
    assert_int_equal(look("teddy-0001", "c-1")->key_len, 0);
}

static void consent_holds_until_it_is_taken_back(void **state)
{
    (void)state;
    put_child("c-1", 2019, 6, "en");
    assert_true(look("teddy-0001", "c-1")->child);
    assert_false(look("teddy-0001", "c-1")->consent);
    put_consent("c-1", REGISTRY_CONSENT_DISCLOSURE); /* is not the one that lets sound in */
    assert_false(look("teddy-0001", "c-1")->consent);
    put_consent("c-1", REGISTRY_CONSENT_SERVICE);
    assert_true(look("teddy-0001", "c-1")->consent);
    revoke("c-1", REGISTRY_CONSENT_SERVICE);
    assert_false(look("teddy-0001", "c-1")->consent);
}

static void the_month_of_birth_says_how_old(void **state)
{
    (void)state;
    put_child("c-1", 2013, 7, "en");
    put_consent("c-1", REGISTRY_CONSENT_SERVICE);
    assert_int_equal(look("teddy-0001", "c-1")->age, 12);
    set_clock("2026-07-01T00:00:00Z");
    assert_int_equal(look("teddy-0001", "c-1")->age, 13);
    assert_true(look("teddy-0001", "c-1")->consent);
    set_clock("2027-07-01T00:00:00Z"); /* 14: no child of ours any more */
    assert_false(look("teddy-0001", "c-1")->consent);
    assert_int_equal(look("teddy-0001", "c-1")->age, 0);
    put_child("c-2", 2024, 8, "en");
    put_consent("c-2", REGISTRY_CONSENT_SERVICE);
    assert_false(look("teddy-0001", "c-2")->consent); /* 2 */
    set_clock("2027-08-01T00:00:00Z");
    assert_true(look("teddy-0001", "c-2")->consent);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    static const char device[] =
        "0123456789012345678901234567890123456789012345678901234567890123x";
    static const char child[] = "012345678901234567890123456789012345678901234567890";
    const struct voice_book asked = book_registry_book(book);
    (void)state;
    assert_int_equal(asked.ops->look_up(asked.ctx, device, "c", tell, &told), ROOST_ERR_TOO_LONG);
    assert_int_equal(asked.ops->look_up(asked.ctx, "teddy-0001", child, tell, &told),
                     ROOST_ERR_TOO_LONG);
}

static void a_registry_that_fails_lets_nobody_in(void **state)
{
    const struct voice_book asked = book_registry_book(book);
    (void)state;
    memset(&told, 0, sizeof told);
    for (int i = 0; i < REGISTRY_QUEUE_MAX; i++)
        assert_int_equal(asked.ops->look_up(asked.ctx, "teddy-0001", "c", tell, &told), 0);
    assert_int_equal(asked.ops->look_up(asked.ctx, "teddy-0001", "c", tell, &told), ROOST_ERR_FULL);
    registry.ops->wait(registry.ctx);
    assert_int_equal(told.calls, REGISTRY_QUEUE_MAX);
}

static char changed_child[64];

static void on_changed(void *arg, const char *child_id)
{
    assert_ptr_equal(arg, &registry);
    snprintf(changed_child, sizeof changed_child, "%s", child_id);
}

static void a_change_is_told(void **state)
{
    (void)state;
    book_registry_changed(book, "c-1"); /* nobody watches */
    book_registry_watch(book, on_changed, &registry);
    book_registry_changed(book, "c-2");
    assert_string_equal(changed_child, "c-2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strangers_are_no_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_note_is_an_audit_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_claimed_device_has_its_own_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_does_not_open_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(consent_holds_until_it_is_taken_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_month_of_birth_says_how_old, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_asked_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_registry_that_fails_lets_nobody_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
