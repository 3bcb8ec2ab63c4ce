/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever happens in whatever order, nothing is left over: random events of devices, network,
 * providers and parents against the service, with what must always hold looked at after each.
 * A failure prints its seed; ROOST_SEED runs one.
 */
#include "hub/voice/test_rig.h"

enum { DEVICES = 6, EVENTS = 1500, ROUNDS = 40 };

static uint64_t seed_now;

static uint32_t pick(uint32_t count)
{
    seed_now = seed_now * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed_now >> 33) % count;
}

static const char *const scripts[][5] = {
    {"Here I am. ", "The sky is blue.", NULL},
    {"One. ", "Here is poison. ", "Three.", NULL},
    {"A long sentence that goes on, and on, and on, without any end to it, and on", NULL},
    {"…", NULL},
    {NULL},
    {"نعم، أحب القصص. ", "هيا بنا! ", "Half a wor", NULL},
};

static void disturb_providers(void)
{
    static const int errors[] = {0, 0, 0, 0, ROOST_ERR_FULL, ROOST_ERR_IO, ROOST_ERR_UNSUPPORTED};
    static const uint64_t delays[] = {0, 1, 20, 300, 2000, ROOST_NEVER};
    struct voice_fake *with = &rig.with;

    switch (pick(14)) {
    case 0:
        with->hear.start_err = errors[pick(7)];
        break;
    case 1:
        with->hear.err = errors[pick(6)];
        break;
    case 2:
        with->hear.delay_ms = delays[pick(6)];
        break;
    case 3:
        with->hear.silent = pick(2);
        break;
    case 4:
        with->answer.script = scripts[pick(6)];
        break;
    case 5:
        with->answer.end_err = errors[pick(6)];
        break;
    case 6:
        with->answer.delay_ms = delays[pick(6)];
        break;
    case 7:
        with->speak.start_err = errors[pick(7)];
        break;
    case 8:
        with->speak.said_err = pick(4) ? 0 : ROOST_ERR_IO;
        break;
    case 9:
        with->speak.full = pick(60);
        break;
    case 10:
        with->speak.delay_ms = delays[pick(6)];
        break;
    case 11:
        with->asked.known.consent = pick(8) != 0;
        break;
    case 12:
        with->gate.care_in = pick(3) ? NULL : "sky";
        break;
    default:
        with->answer.ask_err = pick(6) ? 0 : ROOST_ERR_IO;
        break;
    }
}

static struct rig_peer *some_peer(void)
{
    struct rig_peer *peer = &rig.peers[pick(RIG_PEERS)];

    return peer->there && peer->fake.state == HUB_PEER_FAKE_OPEN ? peer : NULL;
}

static size_t there(void)
{
    size_t count = 0;

    for (size_t i = 0; i < RIG_PEERS; i++)
        count += rig.peers[i].there;
    return count;
}

static void come(void)
{
    char id[16], token[VOICE_TOKEN_CHARS + 1];

    if (there() + 1 >= RIG_PEERS)
        return;
    snprintf(id, sizeof id, "teddy-%04u", pick(DEVICES));
    rig_token(id, pick(10) ? RIG_SECRET : "wrong", token);
    struct rig_peer *peer = rig_ask(id, pick(8) ? "c-1" : "c-2", "Mia", "7", token);
    if (pick(2))
        rig_pass(3);
    if (peer->there && pick(3))
        rig_announce(peer);
}

static void speak(struct rig_peer *peer)
{
    static const char *const words[] = {"one", "two"};
    const char *word = words[pick(2)];
    char text[128];

    switch (pick(9)) {
    case 0:
        rig_start(peer, word);
        break;
    case 1:
    case 2:
        rig_chunk(peer, word);
        break;
    case 3:
        rig_stop_sound(peer, word);
        break;
    case 4:
        rig_say(peer, "{\"type\":\"abort\"}");
        break;
    case 5:
        rig_say(peer, "{\"type\":\"text_message\",\"text\":\"hello\"}");
        break;
    case 6:
        rig_say(peer, pick(2) ? "{\"type\":\"heartbeat\"}" : "{\"type\":\"nonsense\"}");
        break;
    case 7:
        snprintf(text, sizeof text,
                 "{\"type\":\"playback_status\",\"played_ms\":%u,\"buffered_ms\":%u}", pick(5000),
                 pick(2500));
        rig_say(peer, text);
        break;
    default:
        rig_turn(peer, word, 1 + pick(4));
        break;
    }
}

static void happen(void)
{
    static const uint16_t codes[] = {HUB_PEER_LOST, HUB_PEER_LOST, HUB_PEER_NORMAL};
    struct rig_peer *peer = some_peer();

    switch (pick(12)) {
    case 0:
        come();
        break;
    case 1:
        disturb_providers();
        break;
    case 2:
        if (peer)
            rig_close(peer, codes[pick(3)]);
        break;
    case 3:
        if (peer)
            peer->stuck = !peer->stuck && pick(4) == 0;
        if (peer && !peer->stuck) {
            peer->fake.unsent = 0;
            rig_events()->writable(rig.voice, &peer->fake.peer);
        }
        break;
    case 4:
        rig_pass(pick(10) ? pick(400) : pick(40000));
        break;
    default:
        if (peer)
            speak(peer);
    }
    /* What closes is gone some time. */
    for (size_t i = 0; i < RIG_PEERS; i++)
        if (rig.peers[i].there && rig.peers[i].fake.state == HUB_PEER_FAKE_CLOSING && pick(4) == 0)
            rig_close(&rig.peers[i], HUB_PEER_LOST);
}

static void look(void)
{
    size_t sessions = 0, turns = 0, with_socket = 0;

    for (const struct voice_session *s = rig.voice->sessions; s; s = s->next) {
        sessions++;
        turns += s->turn != NULL;
        with_socket += s->link != NULL;
        assert_true(!s->link || s->link->session == s);
        assert_true(!s->turn || s->turn->session == s);
    }
    assert_int_equal(sessions, rig.voice->session_count);
    assert_int_equal(turns, rig.voice->talking);
    assert_int_equal(sessions - with_socket, rig.voice->waiting);
    assert_int_equal(rig.voice->turns_begun, rig.voice->turns_ended + turns);
    assert_int_equal(rig_all_ended(), rig.voice->turns_ended);
    assert_true(rig.with.hear.live <= turns && rig.with.speak.live <= turns);
    assert_true(rig.with.answer.live <= sessions);
    assert_true(turns > 0 || rig.voice->bytes == 0);
    assert_true(rig.voice->alarms.count <= sessions);
}

static size_t ends[VOICE_TURN_ENDS], resumed, refused; /* over all rounds */

static void count(void)
{
    for (int i = 0; i < VOICE_TURN_ENDS; i++)
        ends[i] += rig_ended((enum voice_turn_end)i);
    resumed += (size_t)metric_value(rig.voice->metrics.resumed);
    refused += (size_t)fake_metric(&rig.fake, "roost_voice_refused_total", "reason=\"busy\"");
}

static void run(uint64_t seed)
{
    void *state = NULL;

    seed_now = seed;
    assert_int_equal(rig_set_up(&state), 0);
    rig.settings.esp32_sessions_max = 1 + pick(DEVICES);
    rig.settings.esp32_session_min = 1;
    rig.settings.voice_talk_min = 3;
    rig_again();
    rig.with.gate.block_out = "poison";
    for (int i = 0; i < EVENTS; i++) {
        happen();
        look();
    }
    for (size_t i = 0; i < RIG_PEERS; i++)
        if (rig.peers[i].there)
            rig_close(&rig.peers[i], HUB_PEER_LOST);
    rig_pass(VOICE_RESUME_MS + 1000);
    look();
    count();
    assert_int_equal(rig_tear_down(&state), 0); /* nothing is left */
}

static void nothing_is_left_whatever_happens(void **state)
{
    const char *one = getenv("ROOST_SEED");

    (void)state;
    if (one) {
        run(strtoull(one, NULL, 10));
        return;
    }
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        run(seed);
    }
    /* The rounds are worth something only if everything happens in them. */
    for (int i = 0; i < VOICE_TURN_ENDS; i++) {
        print_message("%s %zu\n", voice_turn_end_name((enum voice_turn_end)i), ends[i]);
        assert_true(ends[i] > 0);
    }
    assert_true(resumed > 0 && refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_left_whatever_happens)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
