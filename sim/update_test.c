/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real window, updated over the air on a modelled board, its power cut at every operation on
 * flash that an update makes, before it, within it and behind it, and again in the boots that
 * follow. It must end with the new image confirmed, or with the old one when the new one fails its
 * self-test; and nothing may ever run that is not the image that was signed, byte for byte. A
 * failure names the case: "torn:17:3" is the cut, its operation, and that of the next boot.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "core/err.h"
#include "core/hex.h"
#include "devices/window/window.h"
#include "port/sim/image.h"
#include "port/sim/sim.h"
#include "sim/room.h"

enum {
    SLOT_SECTORS = 32,
    IMAGE_BODY = 70000, /* more than one note of the progress */
    CHECK_EVERY_MS = 60000,
    TRIAL_MS = 20000,
    LIMIT_MS = 30 * 60000,
    OPERATIONS_MAX = 2000,
    NEXT_CUTS = 5 /* and again in the next boot: not at all, at its first operation, ... */
};

static const char old_version[] = "1.0.0", new_version[] = "1.1.0";

/* One image as a program: the window under its version. */
struct build {
    struct site *site;
    const char *version;
    bool deaf; /* its sensor is never heard: the self-test cannot pass */
};

struct site {
    struct sim sim;
    struct sim_board board;
    struct sim_room room;
    struct roost_window window;
    struct roost_ota_config config;
    struct build old, new;
    struct build *running;
    struct sim_firmware new_firmware;
    uint64_t first_operation;
    enum sim_cut cut;
    uint64_t next_cut; /* operation of the boot after the first cut; 0: none */
    uint64_t cuts;
    const char *wrong;
};

/* Made once: keys, the new image and its manifest. */
static struct {
    EVP_PKEY *key;
    uint8_t public_key[ROOST_PUBLIC_KEY_BYTES];
    uint8_t *image;
    size_t image_len;
    char manifest[ROOST_MANIFEST_MAX];
} release;

/* ---- the release ---- */

static void sign(const char *text, size_t len, uint8_t signature[64])
{
    uint8_t der[80];
    size_t der_len = sizeof der;
    const uint8_t *at = der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, release.key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &der_len, (const uint8_t *)text, len), 1);
    EVP_MD_CTX_free(context);
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    assert_non_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);
}

static int make_release(void **state)
{
    const struct sim_image_options image = {.version = new_version,
                                            .project = "roost-window",
                                            .security_version = 2,
                                            .body_bytes = IMAGE_BODY,
                                            .seed = 1};
    struct roost_manifest manifest = {
        .product = "window", .target = "esp32", .security_version = 2, .max_hardware = UINT32_MAX};
    char text[ROOST_MANIFEST_TEXT_MAX], sha256[65], signature[129], key_id[17];
    uint8_t digest[32];
    size_t len = 0;

    (void)state;
    release.key = EVP_EC_gen("P-256");
    assert_non_null(release.key);
    assert_int_equal(EVP_PKEY_get_octet_string_param(release.key, "encoded-pub-key",
                                                     release.public_key, sizeof release.public_key,
                                                     &len),
                     1);
    release.image = sim_image_make(&image, &release.image_len);
    manifest.size_bytes = (uint32_t)release.image_len;
    snprintf(manifest.version, sizeof manifest.version, "%s", new_version);
    EVP_Digest(release.image, release.image_len, manifest.sha256, NULL, EVP_sha256(), NULL);
    int text_len = roost_manifest_text(&manifest, text, sizeof text);
    assert_true(text_len > 0);
    sign(text, (size_t)text_len, manifest.signature);
    EVP_Digest(release.public_key, sizeof release.public_key, digest, NULL, EVP_sha256(), NULL);
    roost_hex_write(sha256, manifest.sha256, sizeof manifest.sha256);
    roost_hex_write(signature, manifest.signature, sizeof manifest.signature);
    roost_hex_write(key_id, digest, ROOST_KEY_ID_BYTES);
    snprintf(release.manifest, sizeof release.manifest,
             "{\"version\":\"%s\",\"available\":true,\"mandatory\":false,\"url\":\"/image\","
             "\"sha256\":\"%s\",\"size\":%zu,\"security_version\":2,\"signature\":\"%s\","
             "\"key_id\":\"%s\",\"meta\":{\"product\":\"window\",\"target\":\"esp32\"}}",
             new_version, sha256, release.image_len, signature, key_id);
    return 0;
}

static int free_release(void **state)
{
    (void)state;
    EVP_PKEY_free(release.key);
    free(release.image);
    return 0;
}

/* ---- what runs ---- */

static int firmware_boot(void *ctx)
{
    struct build *build = ctx;
    struct site *site = build->site;
    const struct roost_window_config config = {
        .device_id = "window-1",
        .firmware_version = build->version,
        .broker = {.host = "broker",
                   .port = SIM_BROKER_PORT,
                   .keepalive_s = 30,
                   .clean_session = true},
        .update = &site->config,
    };

    site->running = build;
    site->config.version = build->version;
    memset(&site->window, 0xA5, sizeof site->window); /* what memory holds at power-on */
    int err = roost_window_init(&site->window, &site->board.port, &config);
    return site->board.power.off ? ROOST_ERR_IO : err;
}

static uint64_t firmware_step(void *ctx)
{
    return roost_window_step(&((struct build *)ctx)->site->window);
}

static int firmware_post(void *ctx, const struct roost_event *event)
{
    struct build *build = ctx;

    if (build->deaf && event->type == ROOST_EV_CLIMATE)
        return 0;
    return roost_window_post(&build->site->window, event);
}

static struct sim_firmware firmware_of(struct build *build)
{
    return (struct sim_firmware){
        .boot = firmware_boot, .step = firmware_step, .post = firmware_post, .ctx = build};
}

/* The boot loader runs what lies in a slot: it must be the release, whole. */
static const struct sim_firmware *image_of(void *ctx, const uint8_t *bytes, size_t len)
{
    struct site *site = ctx;

    if (len != release.image_len || memcmp(bytes, release.image, len) != 0) {
        site->wrong = "an image ran that nobody signed";
        return NULL;
    }
    return &site->new_firmware;
}

static void booting(void *ctx)
{
    struct site *site = ctx;

    if (site->board.power.cut_at != 0 || site->board.power.operations < site->first_operation)
        return;
    site->cuts++;
    if (site->next_cut > 0)
        sim_power_cut_at(&site->board.power, site->next_cut, site->cut);
    site->next_cut = 0;
}

/* ---- one case ---- */

static void begin(struct site *site, bool deaf)
{
    const struct sim_board_options options = {
        .index = 1,
        .flash_sectors = 16,
        .slots = {.sectors = SLOT_SECTORS, .security_version = 1},
    };

    memset(site, 0, sizeof *site);
    site->old = (struct build){.site = site, .version = old_version};
    site->new = (struct build){.site = site, .version = new_version, .deaf = deaf};
    site->new_firmware = firmware_of(&site->new);
    site->config = (struct roost_ota_config){
        .url = "http://hub/manifest",
        .product = "window",
        .target = "esp32",
        .hardware_version = 1,
        .key_count = 1,
        .interval_ms = CHECK_EVERY_MS,
        .trial_ms = TRIAL_MS,
    };
    memcpy(site->config.keys[0], release.public_key, sizeof release.public_key);
    assert_int_equal(sim_init(&site->sim, 1), 0);
    assert_int_equal(sim_board_init(&site->board, &site->sim.clock, &site->sim.net, &options), 0);
    assert_int_equal(sim_room_attach(&site->room, &site->board), 0);
    site->board.image = image_of;
    site->board.image_ctx = site;
    sim_web_put(&site->sim.web, "/manifest", release.manifest, strlen(release.manifest));
    sim_web_put(&site->sim.web, "/image", release.image, release.image_len);
}

static void end(struct site *site)
{
    sim_board_deinit(&site->board);
    sim_deinit(&site->sim);
}

static bool over(const struct site *site)
{
    const struct roost_ota *ota = &site->window.device.update.ota;

    if (!site->running || !sim_board_alive(&site->board) || ota->state != ROOST_OTA_IDLE ||
        ota->report[0] == '\0')
        return false;
    if (!site->new.deaf)
        return site->running == &site->new && !ota->running.on_trial;
    return site->running == &site->old && ota->record.failed[0] + ota->record.failed[1] > 0;
}

static const char *check(const struct site *site)
{
    const struct roost_ota *ota = &site->window.device.update.ota;

    if (site->wrong)
        return site->wrong;
    if (!over(site))
        return "the update did not come to its end";
    if (site->board.slots.region[0].misuses + site->board.slots.region[1].misuses > 0)
        return "a slot was programmed that was not erased";
    if (site->new.deaf)
        return strncmp(ota->report, "1.1.0 rolled back: ", 19) == 0 ? NULL : ota->report;
    if (site->board.slots.record.lowest != 2)
        return "the lowest security version did not grow";
    return strcmp(ota->report, "installed 1.1.0") == 0 ? NULL : ota->report;
}

/* Returns what was wrong; *operations: how many it took without a cut. */
static const char *run_case(bool deaf, enum sim_cut cut, uint64_t operation, uint64_t next,
                            uint64_t *operations)
{
    static struct site site;
    struct sim_firmware factory;
    const char *wrong;

    begin(&site, deaf);
    factory = firmware_of(&site.old);
    site.first_operation = site.board.power.operations + 1;
    if (operation > 0) {
        site.cut = cut;
        site.next_cut = next;
        sim_power_cut_at(&site.board.power, operation, cut);
        site.board.booting = booting;
        site.board.booting_ctx = &site;
    }
    sim_board_power_on(&site.board, &factory);
    while (site.sim.clock.now_ms < LIMIT_MS && !site.wrong && !over(&site))
        sim_run_until(&site.sim.clock, site.sim.clock.now_ms + 500);
    if (operations)
        *operations = site.board.power.operations - site.first_operation + 1;
    wrong = check(&site);
    end(&site);
    return wrong;
}

static void cut_everywhere(bool deaf)
{
    static const char *const names[SIM_CUT_COUNT] = {"before", "torn", "after"};
    uint64_t operations = 0, cases = 0;
    const char *wrong = run_case(deaf, SIM_CUT_BEFORE, 0, 0, &operations);

    if (wrong)
        fail_msg("without a cut: %s", wrong);
    assert_true(operations > 100 && operations < OPERATIONS_MAX);
    for (uint64_t at = 1; at <= operations; at++) {
        for (int cut = 0; cut < SIM_CUT_COUNT; cut++) {
            for (uint64_t next = 0; next < NEXT_CUTS; next++, cases++) {
                wrong = run_case(deaf, (enum sim_cut)cut, at, next, NULL);
                if (wrong)
                    fail_msg("%s:%" PRIu64 ":%" PRIu64 ": %s", names[cut], at, next, wrong);
            }
        }
    }
    print_message("%" PRIu64 " operations, %" PRIu64 " cases\n", operations, cases);
}

static void a_good_image_is_installed_wherever_the_power_goes(void **state)
{
    (void)state;
    cut_everywhere(false);
}

static void a_bad_image_never_stays_wherever_the_power_goes(void **state)
{
    (void)state;
    cut_everywhere(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_image_is_installed_wherever_the_power_goes),
        cmocka_unit_test(a_bad_image_never_stays_wherever_the_power_goes),
    };

    return cmocka_run_group_tests(tests, make_release, free_release);
}
