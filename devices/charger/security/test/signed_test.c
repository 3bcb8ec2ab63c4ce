/* SPDX-License-Identifier: Apache-2.0 */
/* P-37 and what follows it: updates that the manufacturer signed, or not. */
#include "devices/charger/security/test/security_rig.h"

#include "core/base64.h"
#include "port/linux/crypto.h"

static struct charger_signed update;

static int set_up(void **state)
{
    (void)rig_set_up(state);
    assert_int_equal(rig_install(CHARGER_ROOT_MANUFACTURER, "root.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_MANUFACTURER, "rsaroot.pem"),
                     CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "other.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(charger_signed_init(&update, &rig.store.kv, &rig.pki, &rig.roots, &rig.events),
                     0);
    return 0;
}

static void boot(void)
{
    rig_boot();
    assert_int_equal(charger_signed_init(&update, &rig.store.kv, &rig.pki, &rig.roots, &rig.events),
                     0);
}

static const uint8_t *image_digest(void)
{
    static uint8_t digest[32];
    struct roost_pki_text image = pki_file("image");
    struct roost_crypto crypto;
    static struct linux_crypto state;

    linux_crypto_init(&state, &crypto);
    assert_int_equal(crypto.ops->sha256(crypto.ctx, image.bytes, image.len, digest), 0);
    linux_crypto_deinit(&state);
    return digest;
}

static enum charger_signed_answer accept(const char *certificate, const char *signature, int32_t id)
{
    static char base64[ROOST_BASE64_LEN(1024)];
    struct roost_pki_text bytes = pki_file(signature);
    struct charger_signed_request request = {
        .id = id, .certificate = pki_file(certificate), .signature = base64};

    assert_true(bytes.len <= 1024);
    request.signature_len = roost_base64_encode(base64, bytes.bytes, bytes.len);
    return charger_signed_accept(&update, &request, 100, pki_at_day(0));
}

static int verify(const uint8_t *digest)
{
    return charger_signed_verify(&update, digest, 100, pki_at_day(0));
}

static void test_p37_certificate(void **state)
{
    static const char *const bad[] = {"other.pem",    "pkcs1.sig", "serves.pem",
                                      "byserver.pem", "sha1.pem",  "short.pem",
                                      "crlsigns.pem", "leaf.pem",  "self.pem"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(accept(bad[i], "ecdsa.sig", 1), CHARGER_SIGNED_INVALID_CERTIFICATE);
        assert_int_equal(update.state, CHARGER_SIGNED_NONE);
        assert_int_equal(rig_events(CHARGER_EVENT_InvalidFirmwareSigningCertificate), i + 1);
    }
    struct charger_event event;
    assert_int_equal(charger_events_next(&rig.events, &event), 0);
    assert_int_equal(event.kind, CHARGER_EVENT_InvalidFirmwareSigningCertificate);
    assert_int_equal(verify(image_digest()), ROOST_ERR_STATE);
    assert_false(charger_signed_allows(&update, image_digest()));
    struct charger_signed_request request = {
        .certificate = pki_file("signer.pem"), .signature = "AAAA", .signature_len = 4};
    assert_int_equal(charger_signed_accept(&update, &request, 100, 0),
                     CHARGER_SIGNED_INVALID_CERTIFICATE);
    assert_int_equal(charger_signed_accept(&update, &request, 100, pki_at_day(60)),
                     CHARGER_SIGNED_INVALID_CERTIFICATE);
    static const char *const rubbish[] = {"", "AAA", "A*AA", "AA==AAAA", "====", " \n"};
    for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
        request.signature = rubbish[i];
        request.signature_len = strlen(rubbish[i]);
        assert_int_equal(charger_signed_accept(&update, &request, 100, pki_at_day(0)),
                         CHARGER_SIGNED_REJECTED);
    }
    static char long_one[ROOST_BASE64_LEN(CHARGER_SIGNATURE_MAX + 3)];
    memset(long_one, 'A', sizeof long_one);
    request.signature = long_one;
    request.signature_len = sizeof long_one;
    assert_int_equal(charger_signed_accept(&update, &request, 100, pki_at_day(0)),
                     CHARGER_SIGNED_REJECTED);
}

/* Each kind of signature; none over another image, or by another key. */
static void test_signatures(void **state)
{
    static const struct {
        const char *certificate, *signature;
        bool good;
    } cases[] = {{"signer.pem", "ecdsa.sig", true},  {"bycoder.pem", "ecdsa.sig", true},
                 {"rsaleaf.pem", "pkcs1.sig", true}, {"rsaleaf.pem", "pss0.sig", true},
                 {"rsaleaf.pem", "pss32.sig", true}, {"rsaleaf.pem", "pssmax.sig", true},
                 {"rsaleaf.pem", "sha1.sig", false}, {"rsaleaf.pem", "ecdsa.sig", false},
                 {"signer.pem", "pkcs1.sig", false}, {"p384.pem", "ecdsa.sig", false}};
    unsigned bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int spoilt = 0; spoilt < 2; spoilt++) {
            uint8_t digest[32];
            memcpy(digest, image_digest(), sizeof digest);
            digest[31] ^= (uint8_t)spoilt;
            bool good = cases[i].good && !spoilt;
            assert_int_equal(accept(cases[i].certificate, cases[i].signature, 1),
                             CHARGER_SIGNED_YES);
            assert_int_equal(verify(digest), good ? 0 : ROOST_ERR_CRYPTO);
            assert_int_equal(charger_signed_allows(&update, digest), good);
            digest[0] ^= 1;
            assert_false(charger_signed_allows(&update, digest));
            bad += !good;
            assert_int_equal(rig_events(CHARGER_EVENT_InvalidFirmwareSignature), bad);
            boot();
            assert_int_equal(update.state, good ? CHARGER_SIGNED_VERIFIED : CHARGER_SIGNED_NONE);
            assert_int_equal(charger_signed_drop(&update), 0);
        }
    /* The certificate is over before the image is there. */
    assert_int_equal(accept("signer.pem", "ecdsa.sig", 1), CHARGER_SIGNED_YES);
    assert_int_equal(charger_signed_verify(&update, image_digest(), 100, pki_at_day(60)),
                     ROOST_ERR_CRYPTO);
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidFirmwareSigningCertificate), 1);
}

static void test_p39_second_request(void **state)
{
    (void)state;
    assert_int_equal(accept("signer.pem", "ecdsa.sig", 1), CHARGER_SIGNED_YES);
    assert_int_equal(accept("rsaleaf.pem", "pss32.sig", 2), CHARGER_SIGNED_YES_CANCELED);
    assert_int_equal(accept("other.pem", "pss32.sig", 3), CHARGER_SIGNED_INVALID_CERTIFICATE);
    boot();
    assert_int_equal(update.id, 2);
    assert_int_equal(charger_signed_installing(&update), ROOST_ERR_STATE);
    assert_int_equal(verify(image_digest()), 0);
    assert_int_equal(charger_signed_installing(&update), 0);
    assert_int_equal(accept("signer.pem", "ecdsa.sig", 4), CHARGER_SIGNED_REJECTED);
    boot();
    assert_int_equal(charger_signed_booted(&update, NULL, 100, pki_at_day(0)),
                     CHARGER_SIGNED_FAILED);
    assert_int_equal(rig_events(CHARGER_EVENT_FirmwareUpdated), 0);
    assert_int_equal(charger_signed_booted(&update, NULL, 100, 0), CHARGER_SIGNED_NO_END);
}

/* Does what comes next; false: nothing does. */
static bool go_on(enum charger_signed_end *end)
{
    switch ((enum charger_signed_state)update.state) {
    case CHARGER_SIGNED_NONE:
        return accept("signer.pem", "ecdsa.sig", 7) == CHARGER_SIGNED_YES;
    case CHARGER_SIGNED_ACCEPTED:
        return verify(image_digest()) == 0;
    case CHARGER_SIGNED_VERIFIED:
        assert_true(charger_signed_allows(&update, image_digest()));
        return charger_signed_installing(&update) == 0;
    case CHARGER_SIGNED_INSTALLING:
        *end = charger_signed_booted(&update, image_digest(), 100, pki_at_day(0));
        return false;
    }
    return false;
}

/* Power goes between any two steps, and at any write in them. */
static void test_cuts(void **state)
{
    for (int n = 0; n < 24; n++)
        for (int after = 0; after < 2; after++) {
            enum charger_signed_end end = CHARGER_SIGNED_NO_END;
            (void)set_up(state);
            boot();
            rig.store.cut_at = n;
            rig.store.cut_after = after;
            for (int steps = 0; end == CHARGER_SIGNED_NO_END; steps++) {
                int left = rig.store.cut_at < 0 ? -1 : rig.store.cut_at - rig.store.writes;
                assert_true(steps < 12);
                if (!rig.store.power || n % 2) {
                    boot();
                    if (left > 0)
                        rig.store.cut_at = left;
                }
                (void)go_on(&end);
            }
            assert_int_equal(end, CHARGER_SIGNED_INSTALLED);
            assert_int_equal(update.id, 7);
            unsigned told = rig_events(CHARGER_EVENT_FirmwareUpdated);
            boot();
            if (rig_events(CHARGER_EVENT_FirmwareUpdated) == 0) /* its own write was the cut one */
                assert_int_equal(update.state, CHARGER_SIGNED_INSTALLING);
            assert_true(told <= 2);
        }
}

/* A request that comes while another waits, cut: the one or the other, whole. */
static void test_second_cut(void **state)
{
    for (int n = 0; n < 8; n++)
        for (int after = 0; after < 2; after++) {
            (void)set_up(state);
            assert_int_equal(accept("signer.pem", "ecdsa.sig", 1), CHARGER_SIGNED_YES);
            boot();
            rig.store.cut_at = n;
            rig.store.cut_after = after;
            bool done = accept("rsaleaf.pem", "pss32.sig", 2) == CHARGER_SIGNED_YES_CANCELED;
            boot();
            assert_int_equal(update.state, CHARGER_SIGNED_ACCEPTED);
            assert_true(update.id == 2 || (update.id == 1 && !done));
            assert_int_equal(verify(image_digest()), 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_p37_certificate, set_up),
        cmocka_unit_test_setup(test_signatures, set_up),
        cmocka_unit_test_setup(test_p39_second_request, set_up),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_second_cut),
    };

    return cmocka_run_group_tests_name("signed firmware", tests, NULL, NULL);
}
