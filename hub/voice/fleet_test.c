/* SPDX-License-Identifier: Apache-2.0 */
/* The companion as a device of the fleet. */
#include "hub/voice/test_rig.h"

static const struct fleet_device *device(void)
{
    return fleet_find(rig.fleet, "teddy-0001");
}

static void it_is_online_while_its_socket_is(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_try("teddy-0001", "c-1");
    assert_true(device()->online && device()->active);
    assert_string_equal(device()->type, "teddy");
    rig_close(peer, HUB_PEER_LOST);
    assert_false(device()->online);
    rig_pass(1000);
    peer = rig_try("teddy-0001", "c-1");
    assert_true(device()->online);
    rig_close(peer, HUB_PEER_NORMAL);
    assert_false(device()->online);
    assert_string_equal(device()->type, "teddy");
}

static void its_health_is_the_fleets(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    assert_int_equal(device()->status->heap_free_bytes, 120000);
    assert_string_equal(device()->status->firmware, "1.0.0");
    rig_say(peer, "{\"type\":\"system_status\",\"status\":{\"online\":true,\"seq\":0,"
                  "\"type\":\"teddy\",\"fault\":\"low_memory\",\"fault_number\":102}}");
    assert_string_equal(device()->status->fault, "low_memory");
    assert_int_equal(rig_session(peer)->features,
                     VOICE_FEATURE_STREAM | VOICE_FEATURE_PCM | VOICE_FEATURE_RESUME);
}

static void one_of_the_field_says_it_in_its_own_words(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_try("teddy-0001", "c-1");
    size_t count = peer->count;
    rig_say(peer, "{\"type\":\"system_status\",\"heap\":81234,\"rssi\":-61,\"uptime\":77,"
                  "\"firmware_version\":\"2.1.0\",\"reset_reason\":\"power_on\",\"x\":[{}]}");
    assert_int_equal(device()->status->heap_free_bytes, 81234);
    assert_int_equal(device()->status->rssi_dbm, -61);
    assert_int_equal(device()->status->uptime_ms, 77000);
    assert_string_equal(device()->status->firmware, "2.1.0");
    assert_string_equal(device()->status->reset_reason, "power_on");
    rig_say(peer, "{\"type\":\"system_status\",\"heap\":\"much\",\"uptime\":-5}");
    assert_int_equal(peer->count, count); /* a free object: whatever is in it */
}

/* ---- commands ---- */

struct sent {
    int err;
    char id[37];
};

static void note_sent(void *arg, int err, const struct registry_command *command)
{
    struct sent *sent = arg;

    sent->err = err;
    if (command)
        memcpy(sent->id, command->id, sizeof sent->id);
}

static struct sent command(const char *name, const char *args)
{
    struct sent sent = {.err = 1};

    assert_int_equal(fleet_command(rig.fleet, "teddy-0001", name, args, 1, note_sent, &sent), 0);
    rig.registry.ops->wait(rig.registry.ctx);
    return sent;
}

static void a_command_goes_over_the_socket_and_its_answer_comes_back(void **state)
{
    char text[256];

    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    struct sent sent = command("set", "{\"volume\":40}");
    assert_int_equal(sent.err, 0);
    assert_int_equal(rig.fake.published_count, 0); /* nothing on the bus */
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_COMMAND);
    assert_string_equal(rig_last(peer)->text, "set");
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true,\"data\":{\"x\":1}}", sent.id);
    rig_say(peer, text);
    rig.registry.ops->wait(rig.registry.ctx);
    assert_true(fake_metric(&rig.fake, "roost_commands_total", "result=\"ok\"") == 1);
    rig_say(peer, text); /* twice is once */
    assert_int_equal(rig_last(peer)->type, VOICE_DOWN_COMMAND);
    rig_say(peer, "{\"id\":\"no-such\",\"ok\":true}");
    rig_expect_error(peer, VOICE_ERROR_INVALID_MESSAGE);
}

static void one_of_the_field_answers_without_an_id(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_try("teddy-0001", "c-1");
    struct sent sent = command("wifi_scan", NULL);
    assert_int_equal(sent.err, 0);
    assert_string_equal(rig_last(peer)->text, "wifi_scan");
    rig_say(peer, "{\"networks\":[{\"ssid\":\"home\",\"rssi\":-50,\"encryption\":3}]}");
    rig.registry.ops->wait(rig.registry.ctx);
    assert_true(fake_metric(&rig.fake, "roost_commands_total", "result=\"ok\"") == 1);
    assert_non_null(strstr(rig.fake.json, "home"));
    rig_say(peer, "{\"networks\":[]}"); /* asked for by nobody */
    rig_expect_error(peer, VOICE_ERROR_INVALID_MESSAGE);
    assert_int_equal(command("set", "{\"volume\":40}").err, ROOST_ERR_UNSUPPORTED);
}

static void what_is_away_gets_no_command(void **state)
{
    (void)state;
    struct rig_peer *peer = rig_connect("teddy-0001", "c-1");
    assert_null(fleet_refusal(rig.fleet, device(), "reboot"));
    rig_close(peer, HUB_PEER_LOST);
    assert_non_null(fleet_refusal(rig.fleet, device(), "reboot"));
    assert_int_equal(command("reboot", NULL).err, ROOST_ERR_CLOSED);
    assert_int_equal(rig.fake.published_count, 0);
}

static void another_device_has_its_commands_from_the_bus(void **state)
{
    int err;

    (void)state;
    assert_non_null(fleet_meet(rig.fleet, "teddy-0001", true, &err));
    assert_int_equal(command("reboot", NULL).err, 0);
    assert_string_equal(fake_last(&rig.fake)->topic, "device/teddy-0001/command");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_online_while_its_socket_is),
        TEST(its_health_is_the_fleets),
        TEST(one_of_the_field_says_it_in_its_own_words),
        TEST(a_command_goes_over_the_socket_and_its_answer_comes_back),
        TEST(one_of_the_field_answers_without_an_id),
        TEST(what_is_away_gets_no_command),
        TEST(another_device_has_its_commands_from_the_bus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
