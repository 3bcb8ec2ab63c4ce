/* SPDX-License-Identifier: Apache-2.0 */
/* The folder as an operator changes it, on a real file system. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hex.h"
#include "hub/firmware/release.h"
#include "host/log.h"

enum { IMAGE = 300000 };

static uv_loop_t loop;
static struct metrics *metrics;
static struct release *release;
static char folder[256];
static uint8_t image[IMAGE];

static void no_log(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    (void)line;
    (void)len;
}

/* ---- the folder ---- */

static void path_of(char out[300], const char *name)
{
    snprintf(out, 300, "%s/%s", folder, name);
}

/* Under another name first, then renamed, as roost-firmware does. */
static void put_file(const char *name, const void *bytes, size_t len)
{
    char path[300], draft[300];
    path_of(path, name);
    path_of(draft, "draft");
    FILE *file = fopen(draft, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(draft, path), 0);
}

static void remove_file(const char *name)
{
    char path[300];
    path_of(path, name);
    unlink(path);
}

static void make_image(uint8_t seed)
{
    for (size_t i = 0; i < sizeof image; i++)
        image[i] = (uint8_t)(i * 7 + i / 251 + seed);
    image[0] = 0xE9;
    image[1] = 4;
}

static void put_manifest(const char *version, size_t size, const uint8_t *bytes, size_t len)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char hex[2 * SHA256_DIGEST_LENGTH + 1], json[1024];
    SHA256(bytes, len, digest);
    roost_hex_write(hex, digest, sizeof digest);
    int n = snprintf(json, sizeof json,
                     "{\"version\":\"%s\",\"size\":%zu,\"sha256\":\"%s\",\"signature\":\"%s%s\","
                     "\"key_id\":\"0123456789abcdef\",\"security_version\":1,"
                     "\"meta\":{\"product\":\"window\",\"target\":\"esp32c3\"}}",
                     version, size, hex, hex, hex);
    put_file("manifest.json", json, (size_t)n);
}

static void publish(const char *version, uint8_t seed)
{
    make_image(seed);
    put_file("firmware.bin", image, sizeof image);
    put_manifest(version, sizeof image, image, sizeof image);
}

static int set_up(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    host_log_init(ROOST_LOG_DEBUG, no_log, NULL);
    snprintf(folder, sizeof folder, "%s/roost-firmware-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder) || uv_loop_init(&loop) != 0)
        return -1;
    metrics = metrics_new();
    release = release_new(&loop, folder, metrics);
    return release ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    release_free(release);
    metrics_free(metrics);
    assert_int_equal(uv_loop_close(&loop), 0);
    remove_file("firmware.bin");
    remove_file("manifest.json");
    return rmdir(folder);
}

/* ---- asking ---- */

struct got {
    int calls;
    bool refused;
    const struct release_image *image; /* held */
};

static void keep(void *ctx, const struct release_image *given)
{
    struct got *got = ctx;
    got->calls++;
    got->refused = given == NULL;
    got->image = given;
    if (given)
        release_hold(given);
}

static const struct release_image *ask(void)
{
    struct got got = {0};
    release_get(release, keep, &got);
    while (got.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(got.calls, 1);
    assert_non_null(got.image);
    return got.image;
}

static void expect(enum release_state state, const char *part)
{
    const struct release_image *given = ask();
    if (given->state != state || !strstr(given->why, part))
        fail_msg("state %d, \"%s\"; wanted %d, \"%s\"", given->state, given->why, state, part);
    assert_true(metric_value(metrics_gauge(metrics, "roost_firmware_available", "", NULL)) ==
                (state == RELEASE_READY));
    release_drop((void *)given);
}

static void expect_version(const char *version)
{
    const struct release_image *given = ask();
    assert_string_equal(given->why, "");
    assert_int_equal(given->state, RELEASE_READY);
    assert_string_equal(given->manifest.version, version);
    assert_int_equal(given->len, sizeof image);
    assert_memory_equal(given->bytes, image, sizeof image);
    release_drop((void *)given);
}

/* ---- tests ---- */

static void an_empty_folder_has_none(void **state)
{
    (void)state;
    expect(RELEASE_NONE, "");
    assert_true(release_has_folder(release));
    struct release *nothing = release_new(&loop, "", metrics);
    struct got got = {0};
    release_get(nothing, keep, &got);
    assert_int_equal(got.image->state, RELEASE_NONE);
    release_drop((void *)got.image);
    assert_false(release_has_folder(nothing));
    release_free(nothing);
}

static void an_image_and_its_manifest_are_served(void **state)
{
    (void)state;
    publish("1.0.0", 1);
    expect_version("1.0.0");
    expect_version("1.0.0");
}

static void new_files_are_seen_without_a_restart(void **state)
{
    (void)state;
    expect(RELEASE_NONE, "");
    publish("1.0.0", 1);
    expect_version("1.0.0");
    publish("1.1.0", 2);
    expect_version("1.1.0");
    remove_file("manifest.json");
    expect(RELEASE_BAD, "manifest.json is missing");
    remove_file("firmware.bin");
    expect(RELEASE_NONE, "");
    publish("1.2.0", 3);
    remove_file("firmware.bin");
    expect(RELEASE_BAD, "firmware.bin is missing");
}

static void between_two_renames_nothing_is_served(void **state)
{
    (void)state;
    publish("1.0.0", 1);
    expect_version("1.0.0");
    make_image(2);
    put_file("firmware.bin", image, sizeof image);
    expect(RELEASE_BAD, "sha256");
    put_file("firmware.bin", image, sizeof image - 1);
    expect(RELEASE_BAD, "size: firmware.bin has 299999 bytes, manifest.json says 300000");
    put_file("firmware.bin", image, sizeof image);
    put_manifest("1.1.0", sizeof image, image, sizeof image);
    expect_version("1.1.0");
}

static void what_is_no_image_is_not_served(void **state)
{
    static const struct {
        uint8_t magic, segments;
        const char *why;
    } cases[] = {{0xE8, 4, "0xE8"},
                 {0x7F, 4, "0x7F"},
                 {0xE9, 0, "0 segments"},
                 {0xE9, 17, "17 segments"},
                 {0xE9, 255, "255 segments"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_image(1);
        image[0] = cases[i].magic;
        image[1] = cases[i].segments;
        put_file("firmware.bin", image, sizeof image);
        put_manifest("1.0.0", sizeof image, image, sizeof image);
        expect(RELEASE_BAD, cases[i].why);
    }
    put_file("firmware.bin", image, 23);
    expect(RELEASE_BAD, "23 bytes");
    put_file("firmware.bin", "", 0);
    expect(RELEASE_BAD, "0 bytes");
}

static void one_to_sixteen_segments_without_our_description_are_served(void **state)
{
    (void)state;
    for (uint8_t segments = 1; segments <= 16; segments += 15) {
        make_image(segments);
        image[1] = segments;
        put_file("firmware.bin", image, sizeof image);
        put_manifest("2.0.0", sizeof image, image, sizeof image);
        expect_version("2.0.0");
    }
}

static void a_bad_manifest_names_its_member(void **state)
{
    static const char json[] = "{\"version\":\"1\"}";
    (void)state;
    publish("1.0.0", 1);
    put_file("manifest.json", json, sizeof json - 1);
    expect(RELEASE_BAD, "manifest.json: size is missing");
    put_file("manifest.json", "", 0);
    expect(RELEASE_BAD, "manifest.json");
}

static void what_is_no_file_is_said(void **state)
{
    char path[300];
    (void)state;
    publish("1.0.0", 1);
    remove_file("firmware.bin");
    path_of(path, "firmware.bin");
    assert_int_equal(mkdir(path, 0755), 0);
    expect(RELEASE_BAD, "firmware.bin: not a file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("firmware.bin", path), 0);
    expect(RELEASE_BAD, "firmware.bin");
    remove_file("firmware.bin");
    assert_int_equal(mkfifo(path, 0600), 0);
    expect(RELEASE_BAD, "firmware.bin: not a file");
}

static void an_image_in_use_outlives_its_file(void **state)
{
    (void)state;
    publish("1.0.0", 1);
    const struct release_image *old = ask();
    uint8_t first = old->bytes[1000];
    publish("1.1.0", 2);
    expect_version("1.1.0");
    assert_string_equal(old->manifest.version, "1.0.0");
    assert_int_equal(old->bytes[1000], first);
    release_drop((void *)old);
}

static void who_asks_together_is_answered_together_and_bounded(void **state)
{
    static struct got got[RELEASE_WAITING_MAX + 1];
    (void)state;
    publish("1.0.0", 1);
    memset(got, 0, sizeof got);
    for (size_t i = 0; i <= RELEASE_WAITING_MAX; i++)
        release_get(release, keep, &got[i]);
    assert_int_equal(got[RELEASE_WAITING_MAX].calls, 1);
    assert_true(got[RELEASE_WAITING_MAX].refused);
    while (got[0].calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    for (size_t i = 0; i < RELEASE_WAITING_MAX; i++) {
        assert_int_equal(got[i].calls, 1);
        assert_ptr_equal(got[i].image, got[0].image);
        release_drop((void *)got[i].image);
    }
}

/* A file that is replaced while the one before is read is read again before anybody is answered. */
static void an_answer_is_of_the_newest_files(void **state)
{
    struct got got = {0};
    (void)state;
    publish("1.0.0", 1);
    release_get(release, keep, &got);
    publish("1.1.0", 2);
    while (got.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(got.image->manifest.version, "1.1.0");
    release_drop((void *)got.image);
}

/* Whoever asks after the pool has looked is not answered with what it saw. */
static void who_comes_after_a_look_gets_a_look(void **state)
{
    struct got before = {0}, after = {0};
    (void)state;
    publish("1.0.0", 1);
    expect_version("1.0.0");
    release_get(release, keep, &before);
    assert_int_equal(before.calls, 0); /* the loop does not look itself */
    uv_sleep(100);
    publish("1.1.0", 2);
    release_get(release, keep, &after);
    while (after.calls == 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(before.calls, 1);
    assert_string_equal(after.image->manifest.version, "1.1.0");
    release_drop((void *)before.image);
    release_drop((void *)after.image);
}

static void freeing_waits_for_a_read(void **state)
{
    struct got got = {0};
    (void)state;
    publish("1.0.0", 1);
    release_get(release, keep, &got);
    release_free(release);
    assert_int_equal(got.calls, 1);
    release_drop((void *)got.image);
    release = release_new(&loop, folder, metrics);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_folder_has_none),
        TEST(an_image_and_its_manifest_are_served),
        TEST(new_files_are_seen_without_a_restart),
        TEST(between_two_renames_nothing_is_served),
        TEST(what_is_no_image_is_not_served),
        TEST(one_to_sixteen_segments_without_our_description_are_served),
        TEST(a_bad_manifest_names_its_member),
        TEST(what_is_no_file_is_said),
        TEST(an_image_in_use_outlives_its_file),
        TEST(who_asks_together_is_answered_together_and_bounded),
        TEST(an_answer_is_of_the_newest_files),
        TEST(who_comes_after_a_look_gets_a_look),
        TEST(freeing_waits_for_a_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
