/* SPDX-License-Identifier: Apache-2.0 */
/* Updates that the central system orders: P-37, P-39, TC_080, TC_081. */
#include "devices/charger/device/test/papers_rig.h"

#include "core/base64.h"
#include "core/hex.h"

static struct roost_ota_config update;

static void boot(enum roost_reset_reason reason)
{
    rig_boot(reason);
    rig_run(RIG_MINUTE_MS);
}

static int set_up(void **state)
{
    (void)rig_set_up(state);
    rig.shows = -1;
    fake_use_update(&fake, "charger");
    update = fake.update;
    update.url = NULL; /* nothing is asked for by itself */
    fake.update.url = "https://hub/image.json";
    config.update = &update;
    fake_offer(&fake, "1.3.0");
    boot(ROOST_RESET_POWER_ON);
    struct roost_pki_text root = pki_file("root.pem");
    assert_string_equal(rig_paper("InstallCertificate", "certificate", &root,
                                  ",'certificateType':'ManufacturerRootCertificate'"),
                        ACCEPTED);
    rig_forget();
    return 0;
}

/* By the signer's key, over what the manifest says is the image's digest, or over another. */
static const char *signature(bool good)
{
    static char base64[ROOST_BASE64_LEN(256) + 1];
    uint8_t digest[32], bytes[256];
    const char *digits = strstr(fake.manifest, "\"sha256\":\"") + 10;

    assert_true(roost_hex_read(digest, digits, sizeof digest));
    digest[0] ^= good ? 0 : 1;
    pki_write("fw.digest", digest, sizeof digest);
    assert_int_equal(
        pki_run("openssl pkeyutl -sign -inkey signer.key -in fw.digest -out fw.signature"), 0);
    size_t len = pki_load("fw.signature", bytes, sizeof bytes);
    base64[roost_base64_encode(base64, bytes, len)] = '\0';
    return base64;
}

static const char *in_minutes(int minutes)
{
    static char texts[2][32];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    uint64_t now_ms = fake.now_ms;
    time_t at_s = (time_t)(charger_instant(&charger, now_ms).unix_ms / 1000) + (time_t)minutes * 60;
    struct tm utc;

    gmtime_r(&at_s, &utc);
    strftime(text, sizeof texts[0], "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

static const char *order(int id, const char *certificate, const char *sign, int retrieve_minutes,
                         const char *more)
{
    static char payload[8192];
    struct roost_pki_text pem = pki_file(certificate);
    size_t at = (size_t)snprintf(payload, sizeof payload,
                                 "{'requestId':%d,'retries':1,'firmware':{'location':"
                                 "'https://hub/image','retrieveDateTime':'%s','signature':'%s',%s"
                                 "'signingCertificate':'",
                                 id, in_minutes(retrieve_minutes), sign, more);

    for (uint32_t i = 0; i < pem.len && i < 5000; i++) {
        char c = ((const char *)pem.bytes)[i];
        if (c == '\n')
            payload[at++] = '\\';
        payload[at++] = (char)(c == '\n' ? 'n' : c);
    }
    memcpy(payload + at, "'}}", 4);
    return rig_call("SignedUpdateFirmware", payload);
}

/* The statuses that were said, in their order, as "Downloading(7) Downloaded(7)". */
static const char *train(void)
{
    static char text[1024];
    char status[40];
    size_t at = 0;

    text[0] = '\0';
    for (int i = 0; i < rig.call_count; i++) {
        const char *call = strstr(rig.calls[i], "\"SignedFirmwareStatusNotification\"");
        int id = 0;
        if (!call)
            continue;
        assert_int_equal(sscanf(call,
                                "\"SignedFirmwareStatusNotification\",{\"status\":\"%39[^\"]"
                                "\",\"requestId\":%d",
                                status, &id),
                         2);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s(%d)", at ? " " : "", status, id);
    }
    return text;
}

static void runs_new_image(void)
{
    config.firmware_version = update.version = "1.3.0";
    boot(ROOST_RESET_UPDATE);
    rig_run(RIG_MINUTE_MS);
}

#define LOADED "Downloading(7) Downloaded(7) SignatureVerified(7)"

static void test_P37_a_certificate_that_is_none(void **state)
{

    (void)state;
    assert_non_null(strstr(rig_call("UpdateFirmware", "{'location':'https://hub/image',"
                                                      "'retrieveDate':'2026-01-01T00:00:00Z'}"),
                           "NotSupported"));
    static const char *const bad[] = {"rsaleaf.pem", "serves.pem"};
    for (unsigned i = 0; i < 2; i++) {
        assert_string_equal(order(7, bad[i], signature(true), 0, ""),
                            "{\"status\":\"InvalidCertificate\"}]");
        assert_int_equal(rig_events(CHARGER_EVENT_InvalidFirmwareSigningCertificate), i + 1);
    }
    assert_string_equal(order(7, "root.key", signature(true), 0, ""),
                        "{\"status\":\"InvalidCertificate\"}]");
    assert_string_equal(order(7, "signer.pem", "*", 0, ""), REJECTED);
    rig_run(5 * RIG_MINUTE_MS);
    assert_int_equal(fake.http_gets, 0);
    assert_non_null(rig_said("SecurityEventNotification", "InvalidFirmwareSigningCertificate"));
    assert_string_equal(train(), "");
}

static void test_installed(void **state)
{
    (void)state;
    assert_string_equal(order(7, "signer.pem", signature(true), 0, ""), ACCEPTED);
    rig_run(10 * RIG_MINUTE_MS);
    assert_string_equal(train(), LOADED " Installing(7) InstallRebooting(7)");
    assert_int_equal(fake.activations, 1);
    runs_new_image();
    assert_string_equal(train(), "Installed(7)");
    assert_int_equal(rig_events(CHARGER_EVENT_FirmwareUpdated), 1);
    assert_int_equal(charger.firmware.judged.state, CHARGER_SIGNED_NONE);
}

/* The trial fails: the old image runs, and says so. */
static void test_rolled_back(void **state)
{
    (void)state;
    assert_string_equal(order(7, "signer.pem", signature(true), 0, ""), ACCEPTED);
    rig_run(10 * RIG_MINUTE_MS);
    assert_int_equal(fake.activations, 1);
    rig_boot(ROOST_RESET_UPDATE);
    boot(ROOST_RESET_CRASH);
    assert_string_equal(train(), "InstallationFailed(7)");
    assert_int_equal(rig_events(CHARGER_EVENT_FirmwareUpdated), 0);
    assert_false(charger.station.leaving);
}

static void test_TC_081_a_signature_over_something_else(void **state)
{
    (void)state;
    assert_string_equal(order(7, "signer.pem", signature(false), 0, ""), ACCEPTED);
    rig_run(10 * RIG_MINUTE_MS);
    assert_string_equal(train(), "Downloading(7) Downloaded(7) InvalidSignature(7)");
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidFirmwareSignature), 1);
    assert_int_equal(fake.activations, 0);
    assert_int_equal(charger.device.update.ota.state, ROOST_OTA_IDLE);
    rig_forget();
    assert_string_equal(order(8, "signer.pem", signature(true), 0, ""), ACCEPTED);
    rig_run(10 * RIG_MINUTE_MS);
    assert_int_equal(fake.activations, 1);
}

/* Both times are waited for, and until the second one another order may take the place. */
static void test_P39_times_and_a_second_order(void **state)
{
    char more[80];

    (void)state;
    config.connectors = 2;
    boot(ROOST_RESET_COMMAND);
    rig_forget();
    snprintf(more, sizeof more, "'installDateTime':'%s',", in_minutes(30));
    assert_string_equal(order(6, "signer.pem", signature(true), 10, more), ACCEPTED);
    rig_run(5 * RIG_MINUTE_MS);
    assert_string_equal(train(), "DownloadScheduled(6)");
    assert_int_equal(fake.http_gets, 0);
    rig_run(10 * RIG_MINUTE_MS);
    assert_string_equal(train(), "DownloadScheduled(6) Downloading(6) Downloaded(6) "
                                 "SignatureVerified(6) InstallScheduled(6)");
    rig_forget();
    assert_string_equal(order(7, "signer.pem", signature(true), 0, more),
                        "{\"status\":\"AcceptedCanceled\"}]");
    rig_run(5 * RIG_MINUTE_MS);
    assert_string_equal(train(), LOADED " InstallScheduled(7)");
    /* In the middle of a transaction; whoever has none is out of order meanwhile. */
    charger.station.connectors[1].transaction = 99;
    rig_run(30 * RIG_MINUTE_MS);
    assert_int_equal(fake.activations, 0);
    assert_int_not_equal(charger.station.connectors[1].beneath, CHARGER_IS_UNAVAILABLE);
    assert_int_equal(charger.station.connectors[2].beneath, CHARGER_IS_UNAVAILABLE);
    charger.station.connectors[1].transaction = 0;
    rig_run(5 * RIG_MINUTE_MS);
    assert_int_equal(fake.activations, 1);
    assert_string_equal(train(), LOADED " InstallScheduled(7) Installing(7) InstallRebooting(7)");
}

static void test_a_download_that_fails(void **state)
{
    (void)state;
    fake.http_breaks = true;
    assert_string_equal(order(7, "signer.pem", signature(true), 0, ""), ACCEPTED);
    rig_run(60 * RIG_MINUTE_MS);
    assert_string_equal(train(), "Downloading(7) DownloadFailed(7)");
    fake.http_breaks = false;
    rig_forget();
    assert_string_equal(order(8, "signer.pem", signature(true), 0, ""), ACCEPTED);
    rig_run(10 * RIG_MINUTE_MS);
    assert_int_equal(fake.activations, 1);
}

/* The port has one http: a log that goes out first is not the download's failure. */
static void test_a_log_that_goes_out(void **state)
{
    (void)state;
    charger.upload.job.state = ROOST_UPLOAD_SENDING;
    assert_string_equal(order(7, "signer.pem", signature(true), 0, ""), ACCEPTED);
    rig_run(10 * RIG_MINUTE_MS);
    assert_int_equal(fake.http_gets, 0);
    assert_string_equal(train(), "");
    charger.upload.job.state = ROOST_UPLOAD_IDLE;
    rig_run(10 * RIG_MINUTE_MS);
    assert_string_equal(train(), LOADED " Installing(7) InstallRebooting(7)");
}

/* The power goes at write n, from the order on: afterwards there is no order, or one that is
 * carried out; and no image is started but by one. */
static void test_cuts(void **state)
{
    bool done = false;

    (void)state;
    for (int n = 0; !done; n++) {
        (void)set_up(state);
        store.writes = 0;
        store.cut_at = n;
        store.cut_after = n % 2 != 0;
        (void)order(7, "signer.pem", signature(true), 0, "");
        rig_run(5 * RIG_MINUTE_MS);
        done = store.power;
        store.cut_at = -1;
        if (fake.activations) { /* the new image runs, or it is on trial */
            runs_new_image();
        } else {
            boot(ROOST_RESET_POWER_ON);
            rig_run(10 * RIG_MINUTE_MS);
            if (fake.activations)
                runs_new_image();
        }
        assert_int_equal(charger.firmware.judged.state, CHARGER_SIGNED_NONE);
        assert_int_equal(rig_events(CHARGER_EVENT_FirmwareUpdated), fake.activations > 0);
        assert_true(n < 60);
    }
    assert_int_equal(fake.activations, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_P37_a_certificate_that_is_none, set_up),
        cmocka_unit_test_setup(test_installed, set_up),
        cmocka_unit_test_setup(test_rolled_back, set_up),
        cmocka_unit_test_setup(test_TC_081_a_signature_over_something_else, set_up),
        cmocka_unit_test_setup(test_P39_times_and_a_second_order, set_up),
        cmocka_unit_test_setup(test_a_download_that_fails, set_up),
        cmocka_unit_test_setup(test_a_log_that_goes_out, set_up),
        cmocka_unit_test_setup(test_cuts, set_up),
    };

    return cmocka_run_group_tests_name("firmware", tests, NULL, NULL);
}
