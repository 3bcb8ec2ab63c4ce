/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every registry has to do, whatever is behind it. A backend's test opens one and runs
 * REGISTRY_SUITE over it; *state is a struct registry that is empty at the start of each test.
 */
#ifndef ROOST_HUB_STORE_REGISTRY_SUITE_H
#define ROOST_HUB_STORE_REGISTRY_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/registry.h"

static struct registry_device suite_device(const char *id)
{
    struct registry_device device = {.claimed = true, .registered_ms = 1000, .last_seen_ms = 2000};
    snprintf(device.id, sizeof device.id, "%s", id);
    strcpy(device.type, "window");
    strcpy(device.name, "Bedroom 'north'; DROP TABLE device");
    strcpy(device.location, "Größe 東");
    strcpy(device.config_json, "{\"interval_ms\":5000}");
    return device;
}

static void suite_device_is_kept_whole(void **state)
{
    const struct registry *r = *state;
    struct registry_device device = suite_device("window-1");
    struct registry_device found;
    memset(&found, 0, sizeof found);
    assert_int_equal(r->ops->device_get(r->ctx, "window-1", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->device_put(r->ctx, &device), 0);
    assert_int_equal(r->ops->device_get(r->ctx, "window-1", &found), 0);
    assert_string_equal(found.id, device.id);
    assert_string_equal(found.type, device.type);
    assert_string_equal(found.name, device.name);
    assert_string_equal(found.location, device.location);
    assert_string_equal(found.config_json, device.config_json);
    assert_true(found.claimed);
    assert_int_equal(found.registered_ms, 1000);
    assert_int_equal(found.last_seen_ms, 2000);

    device.claimed = false;
    strcpy(device.name, "");
    assert_int_equal(r->ops->device_put(r->ctx, &device), 0);
    assert_int_equal(r->ops->device_get(r->ctx, "window-1", &found), 0);
    assert_false(found.claimed);
    assert_string_equal(found.name, "");

    assert_int_equal(r->ops->device_delete(r->ctx, "window-1"), 0);
    assert_int_equal(r->ops->device_delete(r->ctx, "window-1"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->device_get(r->ctx, "window-1", &found), ROOST_ERR_NOT_FOUND);
}

struct suite_list {
    char ids[8][65];
    int count, stop_at;
};

static int suite_list_device(void *arg, const struct registry_device *device)
{
    struct suite_list *list = arg;
    snprintf(list->ids[list->count++], 65, "%s", device->id);
    return list->count == list->stop_at;
}

static void suite_devices_are_listed_by_id(void **state)
{
    const struct registry *r = *state;
    struct registry_device devices[3] = {suite_device("c"), suite_device("a"), suite_device("b")};
    assert_int_equal(r->ops->devices_put(r->ctx, devices, 3), 0);
    assert_int_equal(r->ops->devices_put(r->ctx, devices, 0), 0);
    struct suite_list list = {.stop_at = -1};
    assert_int_equal(r->ops->device_list(r->ctx, suite_list_device, &list), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.ids[0], "a");
    assert_string_equal(list.ids[2], "c");
    list = (struct suite_list){.stop_at = 2};
    assert_int_equal(r->ops->device_list(r->ctx, suite_list_device, &list), 0);
    assert_int_equal(list.count, 2);
}

static struct registry_credential suite_credential(const char *id)
{
    struct registry_credential credential = {
        .batch = "20261121-0f3a9c11", .hardware_version = UINT32_MAX, .imported_ms = 1234};
    snprintf(credential.device_id, sizeof credential.device_id, "%s", id);
    snprintf(credential.broker_user, sizeof credential.broker_user, "user of %.40s", id);
    credential.sealed_len = 61;
    for (size_t i = 0; i < credential.sealed_len; i++)
        credential.secret_sealed[i] = (uint8_t)(i * 5);
    return credential;
}

static void suite_an_import_is_all_or_nothing(void **state)
{
    const struct registry *r = *state;
    struct registry_device devices[3] = {suite_device("a"), suite_device("b"), suite_device("c")};
    struct registry_credential credentials[3] = {suite_credential("a"), suite_credential("b"),
                                                 suite_credential("c")};
    struct registry_device device;
    struct registry_credential found;
    memset(&found, 0xff, sizeof found);
    assert_int_equal(r->ops->devices_import(r->ctx, devices, credentials, 0), 0);
    assert_int_equal(r->ops->devices_import(r->ctx, devices, credentials, 2), 0);
    assert_int_equal(r->ops->device_get(r->ctx, "b", &device), 0);
    assert_string_equal(device.name, devices[1].name);
    assert_int_equal(r->ops->credential_get(r->ctx, "b", &found), 0);
    assert_string_equal(found.device_id, "b");
    assert_string_equal(found.batch, "20261121-0f3a9c11");
    assert_string_equal(found.broker_user, "user of b");
    assert_true(found.hardware_version == UINT32_MAX);
    assert_int_equal(found.sealed_len, 61);
    assert_memory_equal(found.secret_sealed, credentials[1].secret_sealed, 61);
    assert_int_equal(found.imported_ms, 1234);

    struct registry_device again[2] = {devices[2], devices[0]};
    struct registry_credential again_credentials[2] = {credentials[2], credentials[0]};
    assert_int_equal(r->ops->devices_import(r->ctx, again, again_credentials, 2), ROOST_ERR_EXISTS);
    assert_int_equal(r->ops->device_get(r->ctx, "c", &device), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->credential_get(r->ctx, "c", &found), ROOST_ERR_NOT_FOUND);

    /* A device that is there without a credential is not taken over. */
    assert_int_equal(r->ops->device_put(r->ctx, &devices[2]), 0);
    assert_int_equal(r->ops->devices_import(r->ctx, again, again_credentials, 1), ROOST_ERR_EXISTS);
    assert_int_equal(r->ops->credential_get(r->ctx, "c", &found), ROOST_ERR_NOT_FOUND);
}

static void suite_a_credential_stays_with_its_device(void **state)
{
    const struct registry *r = *state;
    struct registry_device device = suite_device("a");
    struct registry_credential credential = suite_credential("a");
    struct registry_credential found;
    assert_int_equal(r->ops->devices_import(r->ctx, &device, &credential, 1), 0);
    strcpy(device.name, "renamed");
    assert_int_equal(r->ops->device_put(r->ctx, &device), 0);
    assert_int_equal(r->ops->devices_put(r->ctx, &device, 1), 0);
    assert_int_equal(r->ops->credential_get(r->ctx, "a", &found), 0);
    assert_int_equal(r->ops->device_delete(r->ctx, "a"), 0);
    assert_int_equal(r->ops->credential_get(r->ctx, "a", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->device_delete(r->ctx, "a"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->devices_import(r->ctx, &device, &credential, 1), 0);
}

static void suite_last_seen_never_goes_back(void **state)
{
    const struct registry *r = *state;
    struct registry_device devices[2] = {suite_device("a"), suite_device("b")};
    static const char ids[3][65] = {"a", "b", "gone"};
    static const int64_t seen_ms[3] = {5000, 1, 7000};
    struct registry_device found;
    assert_int_equal(r->ops->devices_put(r->ctx, devices, 2), 0);
    assert_int_equal(r->ops->devices_seen(r->ctx, ids, seen_ms, 3), 0);
    assert_int_equal(r->ops->device_get(r->ctx, "a", &found), 0);
    assert_int_equal(found.last_seen_ms, 5000);
    assert_int_equal(r->ops->device_get(r->ctx, "b", &found), 0);
    assert_int_equal(found.last_seen_ms, 2000);
    assert_int_equal(r->ops->device_get(r->ctx, "gone", &found), ROOST_ERR_NOT_FOUND);
}

static void suite_operators_have_one_address_each(void **state)
{
    const struct registry *r = *state;
    struct registry_operator op = {.email = "ops@example.org",
                                   .password_hash = "$argon2id$x",
                                   .role = "operator",
                                   .created_ms = 3};
    struct registry_operator other = op;
    struct registry_operator found;
    int64_t count = -1;
    assert_int_equal(r->ops->operator_count(r->ctx, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(r->ops->operator_add(r->ctx, &op), 0);
    assert_true(op.id > 0);
    strcpy(other.email, "OPS@example.org");
    assert_int_equal(r->ops->operator_add(r->ctx, &other), ROOST_ERR_EXISTS);
    assert_int_equal(r->ops->operator_count(r->ctx, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(r->ops->operator_get(r->ctx, "Ops@Example.org", &found), 0);
    assert_int_equal(found.id, op.id);
    assert_string_equal(found.password_hash, "$argon2id$x");
    assert_int_equal(r->ops->operator_by_id(r->ctx, op.id, &found), 0);
    assert_string_equal(found.email, "ops@example.org");
    assert_string_equal(found.role, "operator");
    assert_int_equal(found.created_ms, 3);
    assert_int_equal(r->ops->operator_by_id(r->ctx, op.id + 1, &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->operator_get(r->ctx, "no@example.org", &found), ROOST_ERR_NOT_FOUND);
}

static void suite_a_token_is_used_once(void **state)
{
    const struct registry *r = *state;
    struct registry_token token = {
        .hash_hex = "aa", .family = "f1", .operator_id = 7, .expires_ms = 100};
    struct registry_token next = {.hash_hex = "bb", .family = "f1", .expires_ms = 200};
    struct registry_token found;
    assert_int_equal(r->ops->token_use(r->ctx, "aa"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->token_add(r->ctx, &token), 0);
    assert_int_equal(r->ops->token_add(r->ctx, &token), ROOST_ERR_EXISTS);
    assert_int_equal(r->ops->token_add(r->ctx, &next), 0);
    assert_int_equal(r->ops->token_use(r->ctx, "aa"), 0);
    assert_int_equal(r->ops->token_use(r->ctx, "aa"), ROOST_ERR_EXISTS);
    assert_int_equal(r->ops->token_get(r->ctx, "aa", &found), 0);
    assert_true(found.used);
    assert_string_equal(found.family, "f1");
    assert_int_equal(found.operator_id, 7);
    assert_int_equal(found.expires_ms, 100);
    assert_int_equal(r->ops->token_purge(r->ctx, 150), 0);
    assert_int_equal(r->ops->token_get(r->ctx, "aa", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(r->ops->token_get(r->ctx, "bb", &found), 0);
    assert_int_equal(r->ops->token_end_family(r->ctx, "f1"), 0);
    assert_int_equal(r->ops->token_get(r->ctx, "bb", &found), ROOST_ERR_NOT_FOUND);
}

static int suite_list_command(void *arg, const struct registry_command *command)
{
    struct suite_list *list = arg;
    snprintf(list->ids[list->count++], 65, "%s", command->id);
    return 0;
}

static struct registry_command suite_command(const char *id, const char *device_id, int64_t ms)
{
    struct registry_command command = {
        .name = "reboot", .args_json = "{}", .state = "sent", .created_ms = ms, .operator_id = 4};
    snprintf(command.id, sizeof command.id, "%s", id);
    snprintf(command.device_id, sizeof command.device_id, "%s", device_id);
    return command;
}

static void suite_commands_are_listed_newest_first(void **state)
{
    const struct registry *r = *state;
    struct registry_command commands[4] = {suite_command("1", "a", 10), suite_command("2", "a", 30),
                                           suite_command("3", "a", 20),
                                           suite_command("4", "b", 40)};
    struct registry_command found;
    for (int i = 0; i < 4; i++)
        assert_int_equal(r->ops->command_put(r->ctx, &commands[i]), 0);
    struct suite_list list = {0};
    assert_int_equal(r->ops->command_list(r->ctx, "a", 2, suite_list_command, &list), 0);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.ids[0], "2");
    assert_string_equal(list.ids[1], "3");

    strcpy(commands[1].state, "ok");
    strcpy(commands[1].answer_json, "{\"id\":\"2\",\"ok\":true}");
    commands[1].finished_ms = 35;
    assert_int_equal(r->ops->command_put(r->ctx, &commands[1]), 0);
    assert_int_equal(r->ops->command_expire(r->ctx, 20), 0);
    assert_int_equal(r->ops->command_get(r->ctx, "1", &found), 0);
    assert_string_equal(found.state, "timeout");
    assert_int_equal(r->ops->command_get(r->ctx, "2", &found), 0);
    assert_string_equal(found.state, "ok");
    assert_string_equal(found.answer_json, "{\"id\":\"2\",\"ok\":true}");
    assert_int_equal(found.finished_ms, 35);
    assert_int_equal(found.operator_id, 4);
    assert_string_equal(found.name, "reboot");
    assert_string_equal(found.device_id, "a");
    assert_int_equal(r->ops->command_get(r->ctx, "3", &found), 0);
    assert_string_equal(found.state, "sent");
    assert_int_equal(r->ops->command_get(r->ctx, "9", &found), ROOST_ERR_NOT_FOUND);
}

static void suite_answers_a_ping(void **state)
{
    const struct registry *r = *state;
    assert_int_equal(r->ops->ping(r->ctx), 0);
}

#define REGISTRY_SUITE(setup, teardown)                                                            \
    cmocka_unit_test_setup_teardown(suite_device_is_kept_whole, setup, teardown),                  \
        cmocka_unit_test_setup_teardown(suite_devices_are_listed_by_id, setup, teardown),          \
        cmocka_unit_test_setup_teardown(suite_an_import_is_all_or_nothing, setup, teardown),       \
        cmocka_unit_test_setup_teardown(suite_a_credential_stays_with_its_device, setup,           \
                                        teardown),                                                 \
        cmocka_unit_test_setup_teardown(suite_last_seen_never_goes_back, setup, teardown),         \
        cmocka_unit_test_setup_teardown(suite_operators_have_one_address_each, setup, teardown),   \
        cmocka_unit_test_setup_teardown(suite_a_token_is_used_once, setup, teardown),              \
        cmocka_unit_test_setup_teardown(suite_commands_are_listed_newest_first, setup, teardown),  \
        cmocka_unit_test_setup_teardown(suite_answers_a_ping, setup, teardown)

#endif
