/* SPDX-License-Identifier: Apache-2.0 */
/* Brakes at the sign-in: lock-outs, and the queue before the hasher. */
#include "hub/api/test_auth.h"

#include "hub/api/known.h"
#include "hub/api/lockout.h"

/* ---- brakes ---- */

static void wrong_passwords_lock_out(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < LOCKOUT_FREE; i++)
        assert_int_equal(post(rig, "/login", wrong), 401);
    assert_int_equal(post(rig, "/login", good), 429);
    assert_true(client_got(&rig->client, "Retry-After: 1\r\n"));
    assert_true(client_got(&rig->client, "too many wrong passwords"));
    assert_true(signed_in(rig, "result=\"locked_out\"") == 1);

    rig->web->now_ms += 1000;
    assert_int_equal(post(rig, "/login", wrong), 401);
    assert_int_equal(post(rig, "/login", good), 429);
    assert_true(client_got(&rig->client, "Retry-After: 2\r\n"));
    rig->web->now_ms += 2000;
    assert_int_equal(post(rig, "/login", good), 200);
    assert_int_equal(post(rig, "/login", wrong), 401); /* forgotten: five are free again */
    assert_int_equal(post(rig, "/login", good), 200);
}

/* Tries a password from an address of its own. */
static int post_from(struct rig *rig, const char *address, const char *body)
{
    struct client client;
    client_open_from(rig->web, &client, address);
    client_send(&client, "POST", "/login", NULL, body);
    int status = client_answer(&client);
    client_close(&client);
    return status;
}

/* The registry takes them for one operator, and so does the lock-out. */
static void other_spellings_are_the_same_account(void **state)
{
    static const char *const spelt[] = {"ada@example.org", "ADA@example.org", "Ada@Example.Org",
                                        "\\u0061da@example.org", "adA@example.ORG"};
    struct rig *rig = *state;
    char body[128], address[32];
    for (size_t i = 0; i < LOCKOUT_FREE; i++) {
        snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"guess\"}", spelt[i]);
        snprintf(address, sizeof address, "127.0.1.%zu", i + 1);
        assert_int_equal(post_from(rig, address, body), 401);
    }
    assert_int_equal(post(rig, "/login", good), 429);
    assert_int_equal(
        post(rig, "/login", "{\"email\":\"aDa@example.org\",\"password\":\"four winds blow\"}"),
        429);
}

/* Unknown names behave as known ones, whose spelling does not count either. */
static void unknown_names_lock_out_alike(void **state)
{
    struct rig *rig = *state;
    char body[128], address[32];
    for (int i = 0; i < LOCKOUT_FREE; i++) {
        snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"guess\"}",
                 i % 2 ? "eve@example.org" : "EVE@example.org");
        snprintf(address, sizeof address, "127.0.1.%d", i + 1);
        assert_int_equal(post_from(rig, address, body), 401);
    }
    assert_int_equal(post(rig, "/login", "{\"email\":\"eve@example.org\",\"password\":\"guess\"}"),
                     429);
    assert_int_equal(post(rig, "/login", good), 200);
}

/* What stands in the field of the e-mail locks no address. */
static void an_address_as_an_email_locks_no_address(void **state)
{
    struct rig *rig = *state;
    char address[32];
    for (int i = 0; i < LOCKOUT_FREE; i++) {
        snprintf(address, sizeof address, "127.0.1.%d", i + 1);
        assert_int_equal(
            post_from(rig, address, "{\"email\":\"127.0.0.1\",\"password\":\"guess\"}"), 401);
    }
    assert_int_equal(post(rig, "/login", good), 200);
}

/* An operator under attack from elsewhere gets in from where he did before; others do not. */
static void who_signed_in_before_is_not_locked_out_by_others(void **state)
{
    struct rig *rig = *state;
    char address[32];
    assert_int_equal(post(rig, "/login", good), 200);
    for (int i = 0; i < 3 * LOCKOUT_FREE; i++) {
        snprintf(address, sizeof address, "127.0.1.%d", i + 1);
        assert_int_equal(post_from(rig, address, wrong), i < LOCKOUT_FREE ? 401 : 429);
    }
    assert_int_equal(post_from(rig, "127.0.2.1", good), 429);
    assert_int_equal(post(rig, "/login", good), 200);
    assert_int_equal(post_from(rig, "127.0.2.1", good), 429); /* that opened no other door */
    for (int i = 0; i < LOCKOUT_FREE; i++)
        assert_int_equal(post(rig, "/login", wrong), 401);
    assert_int_equal(post(rig, "/login", good), 429); /* a known address is no free pass */
}

/* Where all come from one address, a proxy's, the browser tells the operator from the others. */
static void a_browser_that_signed_in_is_not_locked_out_by_its_neighbours(void **state)
{
    struct rig *rig = *state;
    struct client browser;
    char headers[256], value[KNOWN_COOKIE_MAX];
    client_open(rig->web, &browser);
    assert_int_equal(client_ask(&browser, "POST", "/login", NULL, good), 200);
    const char *cookie = strstr(browser.in, "Set-Cookie: " KNOWN_COOKIE "=");
    assert_non_null(cookie);
    assert_true(client_got(&browser, "; HttpOnly; SameSite=Strict\r\n"));
    cookie += sizeof "Set-Cookie: " KNOWN_COOKIE;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(cookie, ";"), cookie);
    snprintf(headers, sizeof headers, "Cookie: " KNOWN_COOKIE "=%s\r\n", value);

    for (int i = 0; i < 2 * LOCKOUT_FREE; i++)
        assert_int_equal(post(rig, "/login", wrong), i < LOCKOUT_FREE ? 401 : 429);
    assert_int_equal(post(rig, "/login", good), 429);
    browser.headers = headers;
    assert_int_equal(client_ask(&browser, "POST", "/login", NULL, good), 200);
    for (int i = 0; i < LOCKOUT_FREE; i++)
        assert_int_equal(client_ask(&browser, "POST", "/login", NULL, wrong), 401);
    assert_int_equal(client_ask(&browser, "POST", "/login", NULL, good), 429);
    client_close(&browser);
}

/* Behind a proxy that the hub knows, each has the address that the proxy says. */
static void who_comes_by_a_trusted_proxy_is_told_apart(void **state)
{
    struct rig *rig = *state;
    struct client proxy;
    char body[128];
    client_open_from(rig->web, &proxy, "127.0.0.99");
    proxy.headers = "X-Forwarded-For: 203.0.113.9\r\n";
    for (int i = 0; i < LOCKOUT_FREE; i++) {
        snprintf(body, sizeof body, "{\"email\":\"o%d@example.org\",\"password\":\"guess\"}", i);
        assert_int_equal(client_ask(&proxy, "POST", "/login", NULL, body), 401);
    }
    assert_int_equal(client_ask(&proxy, "POST", "/login", NULL, good), 429);
    proxy.headers = "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"; /* its own invention */
    assert_int_equal(client_ask(&proxy, "POST", "/login", NULL, good), 429);
    proxy.headers = "X-Forwarded-For: 203.0.113.10\r\n";
    assert_int_equal(client_ask(&proxy, "POST", "/login", NULL, good), 200);
    client_close(&proxy);

    /* Who is no proxy of ours says what he likes. */
    struct client liar;
    client_open_from(rig->web, &liar, "127.0.2.1");
    liar.headers = "X-Forwarded-For: 203.0.113.10\r\n";
    for (int i = 0; i < LOCKOUT_FREE; i++)
        assert_int_equal(client_ask(&liar, "POST", "/login", NULL, wrong), 401);
    assert_int_equal(client_ask(&liar, "POST", "/login", NULL, good), 429);
    client_close(&liar);
}

/* Whoever tries one password on many names is locked out by address. */
static void many_names_from_one_address_lock_out(void **state)
{
    struct rig *rig = *state;
    char body[128];
    for (int i = 0; i < LOCKOUT_FREE; i++) {
        snprintf(body, sizeof body, "{\"email\":\"o%d@example.org\",\"password\":\"guess\"}", i);
        assert_int_equal(post(rig, "/login", body), 401);
    }
    assert_int_equal(post(rig, "/login", good), 429);
}

/* The next of a crowd waits: from an address, with an e-mail of its own. */
static void join(struct rig *rig, struct client *client, const char *address, const char *body)
{
    double before = web_gauge(rig->web, "roost_sign_in_waiting");
    client_open_from(rig->web, client, address);
    client_send(client, "POST", "/login", NULL, body);
    while (web_gauge(rig->web, "roost_sign_in_waiting") <= before)
        web_turn(rig->web);
}

/* Fills all places that strangers may take, `each` of one address. */
static void join_strangers(struct rig *rig, struct client *crowd, size_t each)
{
    char body[128], address[32];
    for (size_t i = 0; i < AUTH_QUEUE_MAX - AUTH_QUEUE_FRIENDS; i++) {
        snprintf(body, sizeof body, "{\"email\":\"o%zu@example.org\",\"password\":\"x\"}", i);
        snprintf(address, sizeof address, "127.0.1.%zu", i / each + 1);
        join(rig, &crowd[i], address, body);
    }
}

static void a_crowd_at_the_door_is_bounded(void **state)
{
    static struct client crowd[AUTH_QUEUE_MAX];
    const size_t strangers = AUTH_QUEUE_MAX - AUTH_QUEUE_FRIENDS;
    struct rig *rig = *state;
    struct blocker blocker;
    assert_int_equal(post(rig, "/login", good), 200);
    block_worker(&blocker, rig->hasher);
    join_strangers(rig, crowd, LOCKOUT_FREE);
    assert_int_equal(post_from(rig, "127.0.2.1", good), 429);
    assert_true(signed_in(rig, "result=\"queue_full\"") == 1);
    client_send(&rig->client, "POST", "/login", NULL, good); /* has signed in before */
    while (web_gauge(rig->web, "roost_sign_in_waiting") <= (double)strangers)
        web_turn(rig->web);

    client_close(&crowd[0]); /* two do not wait for their answer */
    client_close(&crowd[strangers - 1]);
    unblock_worker(&blocker, rig->web);
    assert_int_equal(client_answer(&rig->client), 200);
    for (size_t i = 1; i < strangers - 1; i++) {
        assert_int_equal(client_answer(&crowd[i]), 401);
        client_close(&crowd[i]);
    }
    while (signed_in(rig, "result=\"refused\"") < (double)strangers)
        web_turn(rig->web);
    assert_true(web_gauge(rig->web, "roost_sign_in_waiting") == 0);
    assert_int_equal(post(rig, "/login", good), 200);
}

/* Friends have a bound as well. */
static void the_whole_queue_is_bounded(void **state)
{
    static struct client crowd[AUTH_QUEUE_MAX];
    const size_t strangers = AUTH_QUEUE_MAX - AUTH_QUEUE_FRIENDS;
    struct rig *rig = *state;
    assert_int_equal(post(rig, "/login", good), 200);
    assert_int_equal(post_from(rig, "127.0.0.2", good), 200);
    rig->web->rows.held = true;
    join_strangers(rig, crowd, AUTH_QUEUE_SHARE);
    for (size_t i = strangers; i < AUTH_QUEUE_MAX; i++)
        join(rig, &crowd[i], i % 2 ? "127.0.0.1" : "127.0.0.2", good);
    assert_int_equal(post(rig, "/login", good), 429);
    assert_true(client_got(&rig->client, "too many sign in at this moment"));
    assert_true(client_got(&rig->client, "Retry-After: 1\r\n"));
    rig->web->rows.fail[REGISTRY_OPERATOR_GET] = ROOST_ERR_BUSY;
    test_registry_release(&rig->web->rows);
    for (size_t i = 0; i < AUTH_QUEUE_MAX; i++) {
        assert_int_equal(client_answer(&crowd[i]), 503);
        client_close(&crowd[i]);
    }
    assert_true(web_gauge(rig->web, "roost_sign_in_waiting") == 0);
    rig->web->rows.fail[REGISTRY_OPERATOR_GET] = 0;
    assert_int_equal(post(rig, "/login", good), 200);
}

/* Those whose look-up is not answered stand in the same queue, and have the same share of it. */
static void one_address_cannot_hold_the_queue(void **state)
{
    static struct client crowd[AUTH_QUEUE_SHARE];
    struct rig *rig = *state;
    rig->web->rows.held = true;
    for (size_t i = 0; i < AUTH_QUEUE_SHARE; i++)
        join(rig, &crowd[i], "127.0.1.1", good);
    assert_int_equal(post_from(rig, "127.0.1.1", good), 429);
    client_send(&rig->client, "POST", "/login", NULL, good);
    while (web_gauge(rig->web, "roost_sign_in_waiting") <= AUTH_QUEUE_SHARE)
        web_turn(rig->web);
    rig->web->rows.fail[REGISTRY_OPERATOR_GET] = ROOST_ERR_BUSY;
    test_registry_release(&rig->web->rows);
    for (size_t i = 0; i < AUTH_QUEUE_SHARE; i++) {
        assert_int_equal(client_answer(&crowd[i]), 503);
        client_close(&crowd[i]);
    }
    assert_int_equal(client_answer(&rig->client), 503);
}

/* Whoever tries many passwords at once gets no more of them looked at than one after the other. */
static void many_guesses_at_once_are_no_more_guesses(void **state)
{
    static struct client crowd[LOCKOUT_FREE];
    struct rig *rig = *state;
    struct blocker blocker;
    char address[32];
    block_worker(&blocker, rig->hasher);
    for (size_t i = 0; i < LOCKOUT_FREE; i++) {
        snprintf(address, sizeof address, "127.0.1.%zu", i + 1);
        join(rig, &crowd[i], address, wrong);
    }
    for (int i = 0; i < 20; i++) {
        snprintf(address, sizeof address, "127.0.2.%d", i + 1);
        assert_int_equal(post_from(rig, address, wrong), 429);
    }
    unblock_worker(&blocker, rig->web);
    for (size_t i = 0; i < LOCKOUT_FREE; i++) {
        assert_int_equal(client_answer(&crowd[i]), 401);
        client_close(&crowd[i]);
    }
    assert_int_equal(post(rig, "/login", good), 429);
    rig->web->now_ms += 1000;
    assert_int_equal(post(rig, "/login", good), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(wrong_passwords_lock_out),
        TEST(who_comes_by_a_trusted_proxy_is_told_apart),
        TEST(many_names_from_one_address_lock_out),
        TEST(other_spellings_are_the_same_account),
        TEST(unknown_names_lock_out_alike),
        TEST(an_address_as_an_email_locks_no_address),
        TEST(who_signed_in_before_is_not_locked_out_by_others),
        TEST(a_browser_that_signed_in_is_not_locked_out_by_its_neighbours),
        TEST(a_crowd_at_the_door_is_bounded),
        TEST(the_whole_queue_is_bounded),
        TEST(one_address_cannot_hold_the_queue),
        TEST(many_guesses_at_once_are_no_more_guesses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
