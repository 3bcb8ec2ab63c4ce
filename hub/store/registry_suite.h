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
#include "hub/store/test_ask.h"

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
    assert_int_equal(ask_device_get(r, "window-1", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_device_put(r, &device), 0);
    assert_int_equal(ask_device_get(r, "window-1", &found), 0);
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
    assert_int_equal(ask_device_put(r, &device), 0);
    assert_int_equal(ask_device_get(r, "window-1", &found), 0);
    assert_false(found.claimed);
    assert_string_equal(found.name, "");

    assert_int_equal(ask_device_delete(r, "window-1"), 0);
    assert_int_equal(ask_device_delete(r, "window-1"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_device_get(r, "window-1", &found), ROOST_ERR_NOT_FOUND);
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
    assert_int_equal(ask_devices_put(r, devices, 3), 0);
    assert_int_equal(ask_devices_put(r, devices, 0), 0);
    struct suite_list list = {.stop_at = -1};
    assert_int_equal(r->ops->load_devices(r->ctx, suite_list_device, &list), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.ids[0], "a");
    assert_string_equal(list.ids[2], "c");
    list = (struct suite_list){.stop_at = 2};
    assert_int_equal(r->ops->load_devices(r->ctx, suite_list_device, &list), 0);
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
    assert_int_equal(ask_devices_add(r, devices, credentials, 0), 0);
    assert_int_equal(ask_devices_add(r, devices, credentials, 2), 0);
    assert_int_equal(ask_device_get(r, "b", &device), 0);
    assert_string_equal(device.name, devices[1].name);
    assert_int_equal(ask_credential_get(r, "b", &found), 0);
    assert_string_equal(found.device_id, "b");
    assert_string_equal(found.batch, "20261121-0f3a9c11");
    assert_string_equal(found.broker_user, "user of b");
    assert_true(found.hardware_version == UINT32_MAX);
    assert_int_equal(found.sealed_len, 61);
    assert_memory_equal(found.secret_sealed, credentials[1].secret_sealed, 61);
    assert_int_equal(found.imported_ms, 1234);

    struct registry_device again[2] = {devices[2], devices[0]};
    struct registry_credential again_credentials[2] = {credentials[2], credentials[0]};
    assert_int_equal(ask_devices_add(r, again, again_credentials, 2), ROOST_ERR_EXISTS);
    assert_int_equal(ask_device_get(r, "c", &device), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_credential_get(r, "c", &found), ROOST_ERR_NOT_FOUND);

    /* A device that is there without a credential is not taken over. */
    assert_int_equal(ask_device_put(r, &devices[2]), 0);
    assert_int_equal(ask_devices_add(r, again, again_credentials, 1), ROOST_ERR_EXISTS);
    assert_int_equal(ask_credential_get(r, "c", &found), ROOST_ERR_NOT_FOUND);
}

static void suite_a_credential_stays_with_its_device(void **state)
{
    const struct registry *r = *state;
    struct registry_device device = suite_device("a");
    struct registry_credential credential = suite_credential("a");
    struct registry_credential found;
    assert_int_equal(ask_devices_add(r, &device, &credential, 1), 0);
    strcpy(device.name, "renamed");
    assert_int_equal(ask_device_put(r, &device), 0);
    assert_int_equal(ask_devices_put(r, &device, 1), 0);
    assert_int_equal(ask_credential_get(r, "a", &found), 0);
    assert_int_equal(ask_device_delete(r, "a"), 0);
    assert_int_equal(ask_credential_get(r, "a", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_device_delete(r, "a"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_devices_add(r, &device, &credential, 1), 0);
}

static void suite_last_seen_never_goes_back(void **state)
{
    const struct registry *r = *state;
    struct registry_device devices[2] = {suite_device("a"), suite_device("b")};
    static const struct registry_seen seen[3] = {
        {"a", 5000, false}, {"b", 1, false}, {"gone", 7000, false}};
    struct registry_device found;
    assert_int_equal(ask_devices_put(r, devices, 2), 0);
    assert_int_equal(ask_devices_seen(r, seen, 3), 0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_int_equal(found.last_seen_ms, 5000);
    assert_int_equal(ask_device_get(r, "b", &found), 0);
    assert_int_equal(found.last_seen_ms, 2000);
    assert_int_equal(ask_device_get(r, "gone", &found), ROOST_ERR_NOT_FOUND);
    static const struct registry_seen back[1] = {{"a", 3000, true}};
    assert_int_equal(ask_devices_seen(r, back, 1), 0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_int_equal(found.last_seen_ms, 3000);
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
    assert_int_equal(ask_operator_count(r, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(ask_operator_add(r, &op), 0);
    assert_true(op.id > 0);
    strcpy(other.email, "OPS@example.org");
    assert_int_equal(ask_operator_add(r, &other), ROOST_ERR_EXISTS);
    assert_int_equal(ask_operator_count(r, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(ask_operator_get(r, "Ops@Example.org", &found), 0);
    assert_int_equal(found.id, op.id);
    assert_string_equal(found.password_hash, "$argon2id$x");
    assert_int_equal(ask_operator_by_id(r, op.id, &found), 0);
    assert_string_equal(found.email, "ops@example.org");
    assert_string_equal(found.role, "operator");
    assert_int_equal(found.created_ms, 3);
    assert_int_equal(ask_operator_by_id(r, op.id + 1, &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_operator_get(r, "no@example.org", &found), ROOST_ERR_NOT_FOUND);
}

/* Two operators and a sign-in each, of two tokens for the first. */
static void suite_two_operators(const struct registry *r, struct registry_operator both[2])
{
    const char *const emails[] = {"one@example.org", "two@example.org"};
    for (size_t i = 0; i < 2; i++) {
        both[i] = (struct registry_operator){
            .password_hash = "old", .role = "operator", .created_ms = (int64_t)i};
        snprintf(both[i].email, sizeof both[i].email, "%s", emails[i]);
        assert_int_equal(ask_operator_add(r, &both[i]), 0);
    }
    const struct registry_token tokens[] = {
        {.hash_hex = "aa", .family = "f1", .operator_id = both[0].id, .expires_ms = 100},
        {.hash_hex = "bb", .family = "f1", .operator_id = both[0].id, .expires_ms = 200},
        {.hash_hex = "cc", .family = "f2", .operator_id = both[0].id, .expires_ms = 150},
        {.hash_hex = "dd", .family = "f3", .operator_id = both[1].id, .expires_ms = 100}};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        assert_int_equal(ask_token_add(r, &tokens[i]), 0);
}

static void suite_an_operator_is_removed_with_the_sign_ins(void **state)
{
    const struct registry *r = *state;
    struct registry_operator both[2], list[3];
    struct registry_token ended[3], found;
    suite_two_operators(r, both);
    assert_int_equal(ask_operator_list(r, list, 3), 2);
    assert_string_equal(list[0].email, "one@example.org");
    assert_string_equal(list[1].email, "two@example.org");
    assert_int_equal(ask_operator_remove(r, both[1].id + 1, ended, 3), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_operator_remove(r, both[0].id, ended, 3), 2);
    assert_string_equal(ended[0].family, "f1");
    assert_string_equal(ended[1].family, "f2");
    assert_int_equal(ask_token_get(r, "bb", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_token_get(r, "dd", &found), 0);
    assert_int_equal(ask_operator_list(r, list, 3), 1);
    assert_string_equal(list[0].email, "two@example.org");
    assert_int_equal(ask_operator_remove(r, both[0].id, ended, 3), ROOST_ERR_NOT_FOUND);
}

static void suite_what_a_removed_operator_did_stays_theirs(void **state)
{
    const struct registry *r = *state;
    struct registry_operator both[2], next = {.email = "three@example.org", .role = "operator"};
    struct registry_token ended[3];
    suite_two_operators(r, both);
    struct registry_command command = {
        .id = "c", .device_id = "w", .state = "sent", .operator_id = both[1].id};
    assert_int_equal(ask_command(r, REGISTRY_COMMAND_PUT, &command, NULL), 0);
    assert_int_equal(ask_operator_remove(r, both[1].id, ended, 3), 1);
    assert_int_equal(ask_operator_add(r, &next), 0);
    assert_true(next.id > both[1].id);
}

static void suite_the_last_operator_stays(void **state)
{
    const struct registry *r = *state;
    struct registry_operator both[2], list[3];
    struct registry_token ended[3], found;
    suite_two_operators(r, both);
    assert_int_equal(ask_operator_remove(r, both[0].id, ended, 3), 2);
    assert_int_equal(ask_operator_remove(r, both[1].id, ended, 3), ROOST_ERR_STATE);
    assert_int_equal(ask_operator_list(r, list, 3), 1);
    assert_int_equal(ask_token_get(r, "dd", &found), 0); /* nothing of it was done */
}

static void suite_a_new_password_ends_what_the_old_one_began(void **state)
{
    const struct registry *r = *state;
    struct registry_operator both[2], found;
    struct registry_token ended[3], token;
    suite_two_operators(r, both);
    assert_int_equal(ask_operator_secret(r, both[0].id, "new", ended, 3), 2);
    assert_int_equal(ask_operator_by_id(r, both[0].id, &found), 0);
    assert_string_equal(found.password_hash, "new");
    assert_string_equal(found.email, "one@example.org");
    assert_int_equal(ask_token_get(r, "aa", &token), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_token_get(r, "dd", &token), 0);
    assert_int_equal(ask_operator_by_id(r, both[1].id, &found), 0);
    assert_string_equal(found.password_hash, "old");
    assert_int_equal(ask_operator_secret(r, both[0].id, "newer", ended, 3), 0);
    assert_int_equal(ask_operator_secret(r, both[1].id + 1, "x", ended, 3), ROOST_ERR_NOT_FOUND);
}

static void suite_a_token_is_used_once(void **state)
{
    const struct registry *r = *state;
    struct registry_token token = {
        .hash_hex = "aa", .family = "f1", .operator_id = 7, .expires_ms = 100};
    struct registry_token next = {.hash_hex = "bb", .family = "f1", .expires_ms = 200};
    struct registry_token found;
    assert_int_equal(ask_token_use(r, "aa", 5000), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_token_add(r, &token), 0);
    assert_int_equal(ask_token_add(r, &token), ROOST_ERR_EXISTS);
    assert_int_equal(ask_token_add(r, &next), 0);
    assert_int_equal(ask_token_use(r, "aa", 5000), 0);
    assert_int_equal(ask_token_use(r, "aa", 5000 + REGISTRY_TOKEN_GRACE_MS + 1), ROOST_ERR_EXISTS);
    assert_int_equal(ask_token_get(r, "aa", &found), 0);
    assert_int_equal(found.used_ms, 5000);
    assert_string_equal(found.family, "f1");
    assert_int_equal(found.operator_id, 7);
    assert_int_equal(found.expires_ms, 100);
    assert_int_equal(ask_token_purge(r, 150), 0);
    assert_int_equal(ask_token_get(r, "aa", &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_token_get(r, "bb", &found), 0);
    assert_int_equal(ask_token_end_family(r, "f1"), 0);
    assert_int_equal(ask_token_get(r, "bb", &found), ROOST_ERR_NOT_FOUND);
}

/* Whose answer was lost may ask again; not late, and not when the next token was used. */
static void suite_a_use_may_be_repeated_for_a_while(void **state)
{
    const struct registry *r = *state;
    const struct registry_token tokens[] = {
        {.hash_hex = "aa", .family = "f1", .expires_ms = 100},
        {.hash_hex = "bb", .family = "f1", .expires_ms = 200},
        {.hash_hex = "cc", .family = "f2", .expires_ms = 200},
        {.hash_hex = "dd", .family = "f2", .expires_ms = 200, .used_ms = 1}, /* as it was */
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        assert_int_equal(ask_token_add(r, &tokens[i]), 0);
    assert_int_equal(ask_token_use(r, "aa", 50000), 0);
    assert_int_equal(ask_token_use(r, "aa", 50000), 0);
    assert_int_equal(ask_token_use(r, "aa", 50000 + REGISTRY_TOKEN_GRACE_MS), 0);
    assert_int_equal(ask_token_use(r, "aa", 50001 + REGISTRY_TOKEN_GRACE_MS), ROOST_ERR_EXISTS);
    assert_int_equal(ask_token_use(r, "cc", 50000), 0); /* of another family */
    assert_int_equal(ask_token_use(r, "aa", 50000), 0);
    assert_int_equal(ask_token_use(r, "dd", 50000), ROOST_ERR_EXISTS);
    assert_int_equal(ask_token_use(r, "bb", 50000), 0); /* within the same millisecond */
    assert_int_equal(ask_token_use(r, "aa", 50000), ROOST_ERR_EXISTS);
    assert_int_equal(ask_token_use(r, "bb", 50000), 0);
}

static void suite_families_are_listed(void **state)
{
    const struct registry *r = *state;
    struct registry_operator op = {
        .email = "ops@example.org", .password_hash = "x", .role = "operator"};
    struct registry_token found[3];
    assert_int_equal(ask_operator_add(r, &op), 0);
    const struct registry_token tokens[] = {
        {.hash_hex = "aa", .family = "f1", .operator_id = op.id, .expires_ms = 100},
        {.hash_hex = "bb", .family = "f1", .operator_id = op.id, .expires_ms = 200},
        {.hash_hex = "cc", .family = "f2", .operator_id = op.id, .expires_ms = 300, .used_ms = 1},
        {.hash_hex = "dd", .family = "f3", .operator_id = op.id, .expires_ms = 100},
        {.hash_hex = "ee", .family = "f4", .operator_id = op.id + 1, .expires_ms = 300},
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        assert_int_equal(ask_token_add(r, &tokens[i]), 0);
    assert_int_equal(ask_token_families(r, 100, found, 3), 2); /* f4's operator is gone */
    assert_string_equal(found[0].family, "f2");
    assert_string_equal(found[1].family, "f1");
    assert_int_equal(found[1].operator_id, op.id);
    assert_int_equal(found[1].expires_ms, 200);
    assert_int_equal(ask_token_families(r, 100, found, 1), 1);
    assert_string_equal(found[0].family, "f2");
    assert_int_equal(ask_token_families(r, 300, found, 3), 0);
    assert_int_equal(ask_token_families(r, 0, found, REGISTRY_LIST_MAX + 1), ROOST_ERR_RANGE);
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
        assert_int_equal(ask_command_put(r, &commands[i]), 0);
    struct registry_command list[2];
    assert_int_equal(ask_command_list(r, "a", 2, list), 2);
    assert_string_equal(list[0].id, "2");
    assert_string_equal(list[1].id, "3");

    strcpy(commands[1].state, "ok");
    strcpy(commands[1].answer_json, "{\"id\":\"2\",\"ok\":true}");
    commands[1].finished_ms = 35;
    assert_int_equal(ask_command_put(r, &commands[1]), 0);
    assert_int_equal(ask_command_expire(r, 20), 0);
    assert_int_equal(ask_command_get(r, "1", &found), 0);
    assert_string_equal(found.state, "timeout");
    assert_int_equal(ask_command_get(r, "2", &found), 0);
    assert_string_equal(found.state, "ok");
    assert_string_equal(found.answer_json, "{\"id\":\"2\",\"ok\":true}");
    assert_int_equal(found.finished_ms, 35);
    assert_int_equal(found.operator_id, 4);
    assert_string_equal(found.name, "reboot");
    assert_string_equal(found.device_id, "a");
    assert_int_equal(ask_command_get(r, "3", &found), 0);
    assert_string_equal(found.state, "sent");
    assert_int_equal(ask_command_get(r, "9", &found), ROOST_ERR_NOT_FOUND);
}

static int suite_load_command(void *arg, const struct registry_command *command)
{
    struct suite_list *list = arg;
    snprintf(list->ids[list->count++], 65, "%s", command->id);
    return list->count == list->stop_at ? ROOST_ERR_NO_MEMORY : 0;
}

static void suite_the_newest_commands_are_loaded(void **state)
{
    const struct registry *r = *state;
    struct suite_list list = {.stop_at = -1};
    for (int i = 0; i < 5; i++) {
        char id[2] = {(char)('0' + i), '\0'};
        struct registry_command command = suite_command(id, i % 2 ? "a" : "b", 10 * (i % 3));
        assert_int_equal(ask_command_put(r, &command), 0);
    }
    assert_int_equal(r->ops->load_commands(r->ctx, 3, suite_load_command, &list), 0);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.ids[0], "2");
    assert_string_equal(list.ids[1], "1");
    assert_string_equal(list.ids[2], "4");
    list = (struct suite_list){.stop_at = 1};
    assert_int_equal(r->ops->load_commands(r->ctx, 3, suite_load_command, &list),
                     ROOST_ERR_NO_MEMORY);
    assert_int_equal(list.count, 1);
}

static void suite_a_command_is_answered_once(void **state)
{
    const struct registry *r = *state;
    struct registry_command command = suite_command("1", "a", 10), found;
    assert_int_equal(ask_command_put(r, &command), 0);
    struct registry_command end = {.id = "1", .state = "timeout", .finished_ms = 20};
    assert_int_equal(ask_command(r, REGISTRY_COMMAND_FINISH, &end, &found), 0);
    assert_string_equal(found.state, "timeout");
    strcpy(end.state, "ok");
    strcpy(end.answer_json, "{\"x\":1}");
    end.finished_ms = 30;
    assert_int_equal(ask_command(r, REGISTRY_COMMAND_FINISH, &end, &found), 0);
    assert_string_equal(found.state, "ok");
    assert_string_equal(found.name, "reboot");
    assert_string_equal(found.device_id, "a");
    assert_string_equal(found.answer_json, "{\"x\":1}");
    assert_int_equal(found.finished_ms, 30);
    assert_int_equal(found.operator_id, 4);
    strcpy(end.state, "failed");
    assert_int_equal(ask_command(r, REGISTRY_COMMAND_FINISH, &end, &found), ROOST_ERR_EXISTS);
    strcpy(end.id, "2");
    assert_int_equal(ask_command(r, REGISTRY_COMMAND_FINISH, &end, &found), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_command_get(r, "1", &found), 0);
    assert_string_equal(found.state, "ok");
}

/* What a device says of itself takes nothing back of what an operator set. */
static void suite_a_device_that_is_met_again_keeps_its_name(void **state)
{
    const struct registry *r = *state;
    struct registry_device device = suite_device("a"), found;
    struct registry_device met[2] = {{.id = "a", .last_seen_ms = 5000},
                                     {.id = "b", .last_seen_ms = 1, .registered_ms = 1}};
    assert_int_equal(ask_device_put(r, &device), 0);
    assert_int_equal(ask_devices(r, REGISTRY_DEVICES_MEET, met, NULL, 2, 0), 0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_string_equal(found.name, device.name);
    assert_string_equal(found.type, "window");
    assert_true(found.claimed);
    assert_int_equal(found.registered_ms, 1000);
    assert_int_equal(found.last_seen_ms, 5000);
    assert_int_equal(ask_device_get(r, "b", &found), 0);
    assert_string_equal(found.config_json, "{}");
    strcpy(met[0].type, "teddy");
    met[0].last_seen_ms = 1;
    assert_int_equal(ask_devices(r, REGISTRY_DEVICES_MEET, met, NULL, 1, 0), 0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_string_equal(found.type, "teddy");
    assert_int_equal(found.last_seen_ms, 5000);
}

static void suite_only_the_fields_named_are_changed(void **state)
{
    const struct registry *r = *state;
    struct registry_device device = suite_device("a"), found;
    struct registry_device change = {.id = "a", .name = "Attic", .location = "Up"};
    assert_int_equal(ask_device_put(r, &device), 0);
    assert_int_equal(ask_devices(r, REGISTRY_DEVICE_CHANGE, &change, NULL, 0, REGISTRY_NAME), 0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_string_equal(found.name, "Attic");
    assert_string_equal(found.location, device.location);
    assert_string_equal(found.config_json, device.config_json);
    assert_true(found.claimed);
    assert_int_equal(found.last_seen_ms, 2000);
    strcpy(change.config_json, "{\"a\":2}");
    assert_int_equal(ask_devices(r, REGISTRY_DEVICE_CHANGE, &change, NULL, 0,
                                 REGISTRY_CLAIMED | REGISTRY_LOCATION | REGISTRY_CONFIG),
                     0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_false(found.claimed);
    assert_string_equal(found.location, "Up");
    assert_string_equal(found.config_json, "{\"a\":2}");
    strcpy(change.id, "new"); /* not written back yet: the whole of it */
    assert_int_equal(ask_devices(r, REGISTRY_DEVICE_CHANGE, &change, NULL, 0, REGISTRY_NAME), 0);
    assert_int_equal(ask_device_get(r, "new", &found), 0);
    assert_string_equal(found.location, "Up");
}

/* ---- many at a time ---- */

struct suite_many {
    int next; /* who is to be answered next */
    int errs[64];
};

struct suite_turn {
    struct suite_many *many;
    int number;
};

static void suite_many_over(void *arg, int err, const struct registry_answer *answer)
{
    struct suite_turn *turn = arg;
    (void)answer;
    assert_int_equal(turn->number, turn->many->next);
    turn->many->errs[turn->many->next++] = err;
}

static uint64_t suite_commits(const struct registry *r)
{
    struct registry_counts counts;
    r->ops->counts(r->ctx, &counts);
    return counts.commits;
}

/* While the first is under way the others gather; they share one commit. */
static void suite_what_waits_shares_a_commit(void **state)
{
    enum { MANY = 40 };
    const struct registry *r = *state;
    struct suite_many many = {0};
    struct suite_turn turns[MANY];
    uint64_t before = suite_commits(r);
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof id, "d%d", i);
        struct registry_device device = suite_device(id);
        struct registry_request request = {
            .op = REGISTRY_DEVICES_PUT, .devices = &device, .count = 1};
        turns[i] = (struct suite_turn){&many, i};
        assert_int_equal(r->ops->ask(r->ctx, &request, suite_many_over, &turns[i]), 0);
        memset(&device, 0xff, sizeof device); /* it was copied */
    }
    assert_int_equal(many.next, 0);
    r->ops->wait(r->ctx);
    assert_int_equal(many.next, MANY);
    assert_int_equal(suite_commits(r) - before, 2);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(many.errs[i], 0);
    struct registry_device found;
    assert_int_equal(ask_device_get(r, "d39", &found), 0);
}

/* One after the other: a read sees the writes before it, a failure undoes only itself. */
static void suite_each_of_a_round_stands_for_itself(void **state)
{
    const struct registry *r = *state;
    struct registry_device a = suite_device("a"), b = suite_device("b");
    struct registry_device both[2] = {suite_device("c"), suite_device("a")};
    const struct registry_request requests[] = {
        {.op = REGISTRY_DEVICE_GET, .key = "a"},
        {.op = REGISTRY_DEVICES_ADD, .devices = &a, .count = 1},
        {.op = REGISTRY_DEVICE_GET, .key = "a"},
        {.op = REGISTRY_DEVICES_ADD, .devices = both, .count = 2}, /* the second is there */
        {.op = REGISTRY_DEVICE_GET, .key = "c"},
        {.op = REGISTRY_DEVICES_ADD, .devices = &b, .count = 1},
        {.op = REGISTRY_DEVICE_DELETE, .key = "a"},
        {.op = REGISTRY_DEVICE_DELETE, .key = "a"},
        {.op = REGISTRY_DEVICE_GET, .key = "b"},
    };
    static const int expected[] = {
        ROOST_ERR_NOT_FOUND, 0, 0, ROOST_ERR_EXISTS, ROOST_ERR_NOT_FOUND, 0, 0,
        ROOST_ERR_NOT_FOUND, 0};
    enum { COUNT = sizeof requests / sizeof requests[0] };
    struct suite_many many = {0};
    struct suite_turn turns[COUNT];
    for (int i = 0; i < COUNT; i++) {
        turns[i] = (struct suite_turn){&many, i};
        assert_int_equal(r->ops->ask(r->ctx, &requests[i], suite_many_over, &turns[i]), 0);
    }
    r->ops->wait(r->ctx);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(many.errs[i], expected[i]);
}

static int suite_count_removal(void *arg, const struct registry_removal *removal)
{
    struct registry_removal *last = arg;
    *last = *removal;
    return 0;
}

static void suite_keep_number(void *arg, int err, const struct registry_answer *answer)
{
    assert_int_equal(err, 0);
    *(int64_t *)arg = answer->number;
}

/* What leaves takes its commands along, and stays noted until somebody says that all of it is gone;
 * one of its id that comes after it starts with nothing. */
static void suite_a_removal_is_of_everything(void **state)
{
    const struct registry *r = *state;
    struct registry_device device = suite_device("a"), found;
    struct registry_command command = {.id = "c1", .device_id = "a", .name = "x", .state = "sent"};
    struct registry_status status = {.device_id = "a", .json = "{\"online\":true}"};
    struct registry_removal removal = {.device_id = ""};
    int64_t commands = -1;
    struct registry_request request = {
        .op = REGISTRY_DEVICE_DELETE, .key = "a", .fields = REGISTRY_HISTORY, .number = 77};
    assert_int_equal(ask_devices_put(r, &device, 1), 0);
    assert_int_equal(ask_command_put(r, &command), 0);
    strcpy(command.id, "c2");
    assert_int_equal(ask_command_put(r, &command), 0);
    strcpy(command.id, "other");
    strcpy(command.device_id, "b");
    assert_int_equal(ask_command_put(r, &command), 0);
    assert_int_equal(r->ops->ask(r->ctx,
                                 &(struct registry_request){.op = REGISTRY_DEVICES_STATUS,
                                                            .statuses = &status,
                                                            .count = 1},
                                 suite_keep_number, &commands),
                     0);
    r->ops->wait(r->ctx);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_string_equal(found.status_json, status.json);
    assert_int_equal(r->ops->ask(r->ctx, &request, suite_keep_number, &commands), 0);
    r->ops->wait(r->ctx);
    assert_int_equal(commands, 2);
    assert_int_equal(ask_command_get(r, "c1", &command), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ask_command_get(r, "other", &command), 0);
    assert_int_equal(r->ops->load_removals(r->ctx, suite_count_removal, &removal), 0);
    assert_string_equal(removal.device_id, "a");
    assert_true(removal.history && !removal.ended && removal.asked_ms == 77);
    assert_int_equal(ask_device_delete(r, "nobody"), ROOST_ERR_NOT_FOUND); /* leaves no note */
    request = (struct registry_request){.op = REGISTRY_REMOVAL_END, .key = "a", .count = 1};
    assert_int_equal(r->ops->ask(r->ctx, &request, suite_keep_number, &commands), 0);
    r->ops->wait(r->ctx);
    removal.device_id[0] = '\0';
    assert_int_equal(r->ops->load_removals(r->ctx, suite_count_removal, &removal), 0);
    assert_string_equal(removal.device_id, "a"); /* the newest that ended stays */
    assert_true(removal.ended);
    request.count = 0;
    assert_int_equal(r->ops->ask(r->ctx, &request, suite_keep_number, &commands), 0);
    r->ops->wait(r->ctx);
    removal.device_id[0] = '\0';
    assert_int_equal(r->ops->load_removals(r->ctx, suite_count_removal, &removal), 0);
    assert_string_equal(removal.device_id, "");
    assert_int_equal(ask_devices_put(r, &device, 1), 0);
    assert_int_equal(ask_device_get(r, "a", &found), 0);
    assert_string_equal(found.status_json, "");
}

static void suite_note_err(void *arg, int err, const struct registry_answer *answer)
{
    int *errs = arg;
    (void)answer;
    errs[err == 0]++;
}

static void suite_the_queue_is_bounded(void **state)
{
    const struct registry *r = *state;
    struct registry_request request = {.op = REGISTRY_PING};
    struct registry_counts counts;
    int answers[2] = {0, 0};
    for (int i = 0; i < REGISTRY_QUEUE_MAX; i++)
        assert_int_equal(r->ops->ask(r->ctx, &request, suite_note_err, answers), 0);
    assert_int_equal(r->ops->ask(r->ctx, &request, suite_note_err, answers), ROOST_ERR_FULL);
    r->ops->counts(r->ctx, &counts);
    assert_int_equal(counts.full, 1);
    assert_int_equal(counts.waiting, REGISTRY_QUEUE_MAX);
    r->ops->wait(r->ctx);
    assert_int_equal(answers[1], REGISTRY_QUEUE_MAX);
    assert_int_equal(answers[0], 0);
    r->ops->counts(r->ctx, &counts);
    assert_int_equal(counts.waiting, 0);
    assert_int_equal(counts.most, REGISTRY_QUEUE_MAX);
    assert_int_equal(ask_ping(r), 0);
}

static void suite_what_cannot_be_asked_is_refused(void **state)
{
    const struct registry *r = *state;
    char key[200];
    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = '\0';
    struct registry_request long_key = {.op = REGISTRY_DEVICE_GET, .key = key};
    struct registry_request long_list = {
        .op = REGISTRY_COMMAND_LIST, .key = "a", .count = REGISTRY_LIST_MAX + 1};
    assert_int_equal(r->ops->ask(r->ctx, &long_key, suite_note_err, NULL), ROOST_ERR_TOO_LONG);
    assert_int_equal(r->ops->ask(r->ctx, &long_list, suite_note_err, NULL), ROOST_ERR_RANGE);
}

static void suite_answers_a_ping(void **state)
{
    const struct registry *r = *state;
    assert_int_equal(ask_ping(r), 0);
}

#include "hub/store/registry_children_suite.h"

#define REGISTRY_SUITE_TEST(name, setup, teardown)                                                 \
    cmocka_unit_test_setup_teardown(name, setup, teardown)
#define REGISTRY_SUITE(setup, teardown)                                                            \
    REGISTRY_SUITE_TEST(suite_device_is_kept_whole, setup, teardown),                              \
        REGISTRY_SUITE_TEST(suite_devices_are_listed_by_id, setup, teardown),                      \
        REGISTRY_SUITE_TEST(suite_an_import_is_all_or_nothing, setup, teardown),                   \
        REGISTRY_SUITE_TEST(suite_a_credential_stays_with_its_device, setup, teardown),            \
        REGISTRY_SUITE_TEST(suite_last_seen_never_goes_back, setup, teardown),                     \
        REGISTRY_SUITE_TEST(suite_a_device_that_is_met_again_keeps_its_name, setup, teardown),     \
        REGISTRY_SUITE_TEST(suite_only_the_fields_named_are_changed, setup, teardown),             \
        REGISTRY_SUITE_TEST(suite_operators_have_one_address_each, setup, teardown),               \
        REGISTRY_SUITE_TEST(suite_an_operator_is_removed_with_the_sign_ins, setup, teardown),      \
        REGISTRY_SUITE_TEST(suite_what_a_removed_operator_did_stays_theirs, setup, teardown),      \
        REGISTRY_SUITE_TEST(suite_the_last_operator_stays, setup, teardown),                       \
        REGISTRY_SUITE_TEST(suite_a_new_password_ends_what_the_old_one_began, setup, teardown),    \
        REGISTRY_SUITE_TEST(suite_a_token_is_used_once, setup, teardown),                          \
        REGISTRY_SUITE_TEST(suite_a_use_may_be_repeated_for_a_while, setup, teardown),             \
        REGISTRY_SUITE_TEST(suite_families_are_listed, setup, teardown),                           \
        REGISTRY_SUITE_TEST(suite_commands_are_listed_newest_first, setup, teardown),              \
        REGISTRY_SUITE_TEST(suite_the_newest_commands_are_loaded, setup, teardown),                \
        REGISTRY_SUITE_TEST(suite_a_command_is_answered_once, setup, teardown),                    \
        REGISTRY_SUITE_TEST(suite_a_removal_is_of_everything, setup, teardown),                    \
        REGISTRY_CHILDREN_SUITE(setup, teardown),                                                  \
        REGISTRY_SUITE_TEST(suite_what_waits_shares_a_commit, setup, teardown),                    \
        REGISTRY_SUITE_TEST(suite_each_of_a_round_stands_for_itself, setup, teardown),             \
        REGISTRY_SUITE_TEST(suite_the_queue_is_bounded, setup, teardown),                          \
        REGISTRY_SUITE_TEST(suite_what_cannot_be_asked_is_refused, setup, teardown),               \
        REGISTRY_SUITE_TEST(suite_answers_a_ping, setup, teardown)

#endif
