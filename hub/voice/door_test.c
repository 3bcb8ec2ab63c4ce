/* SPDX-License-Identifier: Apache-2.0 */
/* Who comes in, and who is told why not. */
#include "hub/voice/test_rig.h"

static const char good_token[] = "0000000000000000000000000000000000000000000000000000000000000000";

static void expect_refused(struct rig_peer *peer, uint16_t code, const char *reason)
{
    if (peer->fake.state != HUB_PEER_FAKE_CLOSING || peer->fake.code != code ||
        !strstr(peer->fake.reason, reason))
        fail_msg("state %d, code %u, reason \"%s\", not %u \"%s\"", peer->fake.state,
                 peer->fake.code, peer->fake.reason, code, reason);
    rig_close(peer, HUB_PEER_LOST);
}

static struct rig_peer *ask(const char *device_id, const char *child_id, const char *name,
                            const char *age)
{
    char token[VOICE_TOKEN_CHARS + 1];

    rig_token(device_id ? device_id : "teddy-0001", rig.secret, token);
    struct rig_peer *peer = rig_ask(device_id, child_id, name, age, token);
    rig_pass(10);
    return peer;
}

static void a_device_that_knows_the_secret_comes_in(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    assert_false(rig_at(peer, 0)->resumed);
    assert_int_equal(strlen(rig_at(peer, 0)->session_id), VOICE_UUID_CHARS);
    assert_int_equal(rig.voice->session_count, 1);
    assert_int_equal(rig.voice->link_count, 0); /* it is signed in */
}

static void a_parameter_that_is_wrong_is_named(void **state)
{
    (void)state;
    expect_refused(ask("short", "c-1", "Mia", "7"), 1008, "device_id");
    expect_refused(ask("teddy 0001", "c-1", "Mia", "7"), 1008, "device_id");
    expect_refused(ask(NULL, "c-1", "Mia", "7"), 1008, "device_id");
    expect_refused(ask("teddy-0001", "", "Mia", "7"), 1008, "child_id");
    expect_refused(ask("teddy-0001", "a/b", "Mia", "7"), 1008, "child_id");
    expect_refused(ask("teddy-0001", "c-1", NULL, "7"), 1008, "child_name");
    expect_refused(rig_ask("teddy-0001", "c-1", "Mia", "7", NULL), 1008, "token");
    expect_refused(rig_ask("teddy-0001", "c-1", "Mia", "7", "abc"), 1008, "token");
    assert_int_equal(rig.with.asked.asked, 0); /* nobody is asked for that */
    assert_int_equal(rig.voice->session_count, 0);
}

/* P18: 30 Arabic letters, 31, NUL (which the query refuses), not UTF-8, bidi override, markup. */
static void p18_a_name_is_text_and_no_more(void **state)
{
    char name[31 * 2 + 1] = "";

    (void)state;
    for (int i = 0; i < 30; i++)
        rig_add(name, sizeof name, "م");
    struct rig_peer *peer = ask("teddy-0001", "c-1", name, "7");
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    assert_string_equal(rig_session(peer)->child_name, name);
    rig_add(name, sizeof name, "م");
    expect_refused(ask("teddy-0002", "c-1", name, "7"), 1008, "child_name");
    expect_refused(ask("teddy-0002", "c-1", "\xff", "7"), 1008, "child_name");
    expect_refused(ask("teddy-0002", "c-1",
                       "a\xE2\x80\xAE"
                       "b",
                       "7"),
                   1008, "child_name");
    expect_refused(ask("teddy-0002", "c-1", "a\tb", "7"), 1008, "child_name");
    peer = ask("teddy-0002", "c-1", "\"><script>", "7");
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    peer = ask("teddy-0003", "c-1", "../../x", "7");
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
}

static char lines[65536];

static void keep_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    size_t at = strlen(lines);

    (void)ctx;
    (void)level;
    snprintf(lines + at, sizeof lines - at, "%.*s\n", (int)len, line);
}

/* P18, and what the child says: in the dashboard, but in no log, no metric, no error. */
static void p18_names_and_words_stand_in_no_log_and_no_metric(void **state)
{
    static const char *const script[] = {"Zarzuela answers. ", "More of Zarzuela.", NULL};
    size_t len;
    char json[4096];
    struct roost_json_writer w;

    (void)state;
    lines[0] = '\0';
    host_log_init(ROOST_LOG_DEBUG, keep_line, NULL);
    rig.with.hear.text = "Xylophon is what I say";
    rig.with.answer.script = script;
    rig.with.gate.block_out = "More of";
    struct rig_peer *peer = ask("teddy-0001", "c-1", "Quasimodo", "9");
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    rig_announce(peer);
    rig_turn(peer, "one", 2);
    rig_pass(8000);
    rig_say(peer, "{\"type\":\"text_message\",\"text\":\"Xylophon again\"}");
    rig_pass(8000);
    rig_close(peer, HUB_PEER_LOST);
    (void)rig_ask("teddy-0002", "c-1", "Quasimodo", "77", good_token);
    host_log_init(ROOST_LOG_DEBUG, fake_no_log, NULL);
    char *metrics = metrics_expose(rig.fake.metrics, &len);
    assert_true(strlen(lines) > 500 && strlen(metrics) > 500);
    static const char *const marks[] = {"Quasimodo", "Xylophon", "Zarzuela"};
    for (size_t i = 0; i < 3; i++)
        if (strstr(lines, marks[i]) || strstr(metrics, marks[i]))
            fail_msg("%s in a log or a metric", marks[i]);
    free(metrics);
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    voice_service.describe(rig.voice, fleet_find(rig.fleet, "teddy-0001"), &w);
    roost_json_end(&w);
    assert_true(roost_json_finish(&w) > 0);
    assert_non_null(strstr(json, "\"child_name\":\"Quasimodo\""));
    assert_null(strstr(json, "Xylophon"));
}

/* P19 */
static void p19_an_age_is_a_whole_number_from_3_to_13(void **state)
{
    static const char *const bad[] = {"2", "14", "7.0", "07", "７", "", NULL, "-7", " 7", "7x"};
    static const char *const good[] = {"3", "13"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_refused(ask("teddy-0001", "c-1", "Mia", bad[i]), 1008, "child_age");
    for (size_t i = 0; i < 2; i++) {
        struct rig_peer *peer = ask("teddy-0001", "c-1", "Mia", good[i]);
        assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
        rig_close(peer, HUB_PEER_NORMAL);
    }
}

/* P19: age 9 in the address, 5 in the profile. */
static void p19_the_profile_has_the_say(void **state)
{
    (void)state;
    rig.with.asked.known.age = 5;
    struct rig_peer *peer = ask("teddy-0001", "c-1", "Mia", "9");
    assert_int_equal(rig_session(peer)->child.group, CHILD_3_5);
    assert_int_equal(rig_session(peer)->out.group, CHILD_3_5);
    assert_int_equal(metric_value(rig.voice->metrics.age_mismatch), 1);
    assert_string_equal(rig.with.noted, "teddy-0001 c-1 other age said"); /* the audit */
    rig.with.asked.known.age = 14; /* it left our ages: nothing is taken of it */
    peer = ask("teddy-0002", "c-2", "Mia", "9");
    assert_false(rig_session(peer)->consent);
}

/* P8 */
static void p8_a_wrong_token_never_touches_the_real_device(void **state)
{
    (void)state;
    struct rig_peer *real = rig_connect("teddy-0001", "c-1");
    rig_turn(real, "one", 4);
    expect_refused(rig_ask("teddy-0001", "c-1", "Mia", "7", NULL), 1008, "token");
    struct rig_peer *wrong = rig_ask("teddy-0001", "c-1", "Mia", "7", good_token);
    rig_pass(10);
    expect_refused(wrong, 1008, "token: wrong");
    char token[VOICE_TOKEN_CHARS + 1];
    rig_token("teddy-0002", RIG_SECRET, token); /* another's */
    wrong = rig_ask("teddy-0001", "c-1", "Mia", "7", token);
    rig_pass(10);
    expect_refused(wrong, 1008, "token: wrong");
    assert_int_equal(real->fake.state, HUB_PEER_FAKE_OPEN);
    rig_pass(5000);
    assert_int_equal(rig_ended(VOICE_TURN_ANSWERED), 1);
}

static void a_claimed_device_speaks_with_its_own_key(void **state)
{
    (void)state;
    rig.with.asked.known.claimed = true;
    memcpy(rig.with.asked.known.key, "its own key, from its label", 27);
    rig.with.asked.known.key_len = 27;
    expect_refused(rig_try("teddy-0001", "c-1"), 1008, "token: wrong"); /* the shared secret */
    rig.secret = "its own key, from its label";
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    rig_close(peer, HUB_PEER_NORMAL);
    rig.with.asked.known.other_child = true;
    expect_refused(rig_try("teddy-0001", "c-1"), 1008, "child_id");
    rig.with.asked.known.other_child = false;
    rig.with.asked.known.key_len = 0; /* a key that is lost opens nothing */
    rig.secret = "";
    expect_refused(rig_try("teddy-0001", "c-1"), 1008, "token: wrong");
}

static void without_a_secret_nobody_unclaimed_comes_in(void **state)
{
    (void)state;
    rig.settings.esp32_secret = "";
    rig_again();
    rig.secret = "";
    expect_refused(rig_try("teddy-0001", "c-1"), 1008, "token: wrong");
}

static void a_token_may_come_in_the_header(void **state)
{
    char value[VOICE_TOKEN_CHARS + 16] = "Bearer ";
    struct hub_field header = {"authorization", value};
    struct hub_field query[] = {{"device_id", "teddy-0001"},
                                {"child_id", "c-1"},
                                {"child_name", "Mia"},
                                {"child_age", "7"},
                                {"token", good_token}}; /* the header counts */
    struct hub_peer_request request = hub_peer_fake_request(VOICE_PATH_ALIAS, NULL);

    (void)state;
    rig_token("teddy-0001", RIG_SECRET, value + strlen(value));
    request.query = query;
    request.query_count = 5;
    request.headers = &header;
    request.header_count = 1;
    struct rig_peer *peer = rig_peer_new();
    rig_events()->admit(rig.voice, &peer->fake.peer, &request);
    rig_pass(10);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_ESTABLISHED);
}

/* P2 */
static void p2_one_too_many_is_told_to_come_again(void **state)
{
    char id[16];

    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof id, "teddy-%04d", i);
        (void)rig_connect(id, "c-1");
    }
    expect_refused(rig_try("teddy-0010", "c-1"), 1013, "busy");
    assert_true(fake_metric(&rig.fake, "roost_voice_refused_total", "reason=\"busy\"") == 1);
    (void)rig_connect("teddy-0003", "c-1"); /* one that has its session comes back */
    rig_close(&rig.peers[4], HUB_PEER_NORMAL);
    (void)rig_connect("teddy-0010", "c-1");
}

static void sockets_of_an_address_that_are_not_signed_in_are_few(void **state)
{
    (void)state;
    rig.with.asked.delay_ms = 1000;
    struct rig_peer *waiting[RIG_PEERS];
    /* As many as the rig has come and go: the service keeps count of who is there. */
    for (int i = 0; i < 14; i++)
        waiting[i] = rig_ask("teddy-0001", "c-1", "Mia", "7", good_token);
    assert_int_equal(rig.voice->link_count, 14);
    for (int i = 0; i < 14; i++)
        rig_close(waiting[i], HUB_PEER_LOST); /* the book has not answered */
    assert_int_equal(rig.voice->link_count, 14);
    for (int i = 0; i < VOICE_LINKS_OF_ADDRESS - 14; i++)
        rig_close(rig_ask("teddy-0001", "c-1", "Mia", "7", good_token), HUB_PEER_LOST);
    struct rig_peer *peer = rig_ask("teddy-0001", "c-1", "Mia", "7", good_token);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_REFUSED);
    assert_int_equal(peer->fake.status, 429);
    rig_pass(2000);
    assert_int_equal(rig.voice->link_count, 0);
    rig.with.asked.delay_ms = 1;
    (void)rig_connect("teddy-0001", "c-1");
}

static void a_book_that_cannot_be_asked_lets_nobody_in(void **state)
{
    (void)state;
    rig.with.asked.ask_err = ROOST_ERR_FULL;
    expect_refused(rig_try("teddy-0001", "c-1"), 1013, "busy");
    rig.with.asked.ask_err = 0;
    rig.with.asked.err = ROOST_ERR_BUSY;
    expect_refused(rig_try("teddy-0001", "c-1"), 1013, "busy");
}

static void who_cannot_be_had_any_more_is_gone(void **state)
{
    char token[VOICE_TOKEN_CHARS + 1];

    (void)state;
    rig_token("teddy-0001", RIG_SECRET, token);
    struct rig_peer *peer = rig_ask("teddy-0001", "c-1", "Mia", "7", token);
    peer->fake.accept_err = ROOST_ERR_CLOSED;
    rig_pass(10);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_GONE);
    peer->there = false;
    assert_int_equal(rig.voice->session_count, 0);
}

static void without_its_parts_voice_is_not_served(void **state)
{
    (void)state;
    rig.extras[0].name = "another";
    rig_again();
    struct rig_peer *peer = rig_ask("teddy-0001", "c-1", "Mia", "7", good_token);
    assert_int_equal(peer->fake.status, 503);
    rig.extras[0].name = VOICE_EXTRA;
    rig.with.parts.guard = NULL; /* S12: there is no gate that lets all through */
    rig_again();
    peer = rig_ask("teddy-0001", "c-1", "Mia", "7", good_token);
    assert_int_equal(peer->fake.status, 503);
}

static void the_fleets_policy_counts(void **state)
{
    static const struct fleet_config closed = {.policy = FLEET_POLICY_CLOSED, .device_max = 10};

    (void)state;
    rig_shut();
    rig.fake.metrics = metrics_new();
    rig_open_with(&closed);
    expect_refused(rig_try("teddy-0001", "c-1"), 1008, "device_id: not one of this hub");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_device_that_knows_the_secret_comes_in),
        TEST(a_parameter_that_is_wrong_is_named),
        TEST(p18_a_name_is_text_and_no_more),
        TEST(p18_names_and_words_stand_in_no_log_and_no_metric),
        TEST(p19_an_age_is_a_whole_number_from_3_to_13),
        TEST(p19_the_profile_has_the_say),
        TEST(p8_a_wrong_token_never_touches_the_real_device),
        TEST(a_claimed_device_speaks_with_its_own_key),
        TEST(without_a_secret_nobody_unclaimed_comes_in),
        TEST(a_token_may_come_in_the_header),
        TEST(p2_one_too_many_is_told_to_come_again),
        TEST(sockets_of_an_address_that_are_not_signed_in_are_few),
        TEST(a_book_that_cannot_be_asked_lets_nobody_in),
        TEST(who_cannot_be_had_any_more_is_gone),
        TEST(without_its_parts_voice_is_not_served),
        TEST(the_fleets_policy_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
