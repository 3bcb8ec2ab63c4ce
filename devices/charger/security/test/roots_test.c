/* SPDX-License-Identifier: Apache-2.0 */
/* P-40: roots installed, listed and deleted. */
#include "devices/charger/security/test/security_rig.h"

static struct roost_certificate_id id_of(const char *file)
{
    struct roost_pki_text text = pki_file(file);
    struct roost_certificate_id id;

    assert_int_equal(rig.pki.ops->identify(rig.pki.ctx, &text, 0, NULL, ROOST_PKI_SHA384, &id), 0);
    return id;
}

static enum charger_delete_answer delete (const char *file, bool tls) {
    struct roost_certificate_id id = id_of(file);

    return charger_roots_delete(&rig.roots, ROOST_PKI_SHA384, &id, tls);
}

static unsigned listed(enum charger_root_use use)
{
    struct roost_certificate_id id;
    unsigned count = 0, at = 0;

    while (charger_roots_list(&rig.roots, use, ROOST_PKI_SHA256, &at, &id) == 0)
        count++;
    return count;
}

static void test_p40_install(void **state)
{
    static const char *const bad[] = {"image",        "inter.pem", "leaf.pem", "self.pem",
                                      "bareroot.pem", "chain.pem", "nine.pem", "pkcs1.sig"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, bad[i]), CHARGER_INSTALL_REJECTED);
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "root.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "root.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "other.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_MANUFACTURER, "rsaroot.pem"),
                     CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "impostor.pem"), CHARGER_INSTALL_REJECTED);
    rig_boot();
    assert_int_equal(listed(CHARGER_ROOT_CENTRAL), 2);
    assert_int_equal(listed(CHARGER_ROOT_MANUFACTURER), 1);
    struct roost_pki_text text = pki_file("root.pem");
    assert_int_equal(
        charger_roots_install(&rig.roots, CHARGER_ROOT_MANUFACTURER, &text, pki_at_day(250)),
        CHARGER_INSTALL_REJECTED);
    rig.store.fails = true;
    assert_int_equal(delete ("other.pem", false), CHARGER_DELETE_NOT_FOUND);
    rig.store.fails = false;
}

/* As OCSP has it, in hexadecimal, the serial number without leading zeros. */
static void test_p40_list(void **state)
{
    struct roost_certificate_id id;
    unsigned at = 0;

    (void)state;
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "root.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(
        charger_roots_list(&rig.roots, CHARGER_ROOT_CENTRAL, ROOST_PKI_SHA512, &at, &id), 0);
    assert_non_null(strstr(pki_words("root.sha512"), id.issuer_name_hash));
    assert_non_null(strstr(pki_words("root.sha512"), id.issuer_key_hash));
    assert_non_null(strstr(pki_words("root.sha512"), id.serial));
    assert_true(id.serial[0] != '0');
    assert_int_equal(
        charger_roots_list(&rig.roots, CHARGER_ROOT_CENTRAL, ROOST_PKI_SHA512, &at, &id),
        ROOST_ERR_EMPTY);
    assert_int_equal(strlen(id.issuer_key_hash), 128);
}

static void test_p40_delete(void **state)
{
    struct roost_pki_text chain = pki_file("chain.pem");

    (void)state;
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "other.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "root.pem"), CHARGER_INSTALL_ACCEPTED);
    assert_int_equal(charger_roots_used(&rig.roots, &chain, pki_at_day(0)), 0);
    assert_int_equal(delete ("rsaroot.pem", true), CHARGER_DELETE_NOT_FOUND);
    assert_int_equal(delete ("root.pem", true), CHARGER_DELETE_FAILED);
    assert_int_equal(delete ("other.pem", true), CHARGER_DELETE_ACCEPTED);
    assert_int_equal(delete ("other.pem", true), CHARGER_DELETE_NOT_FOUND);
    rig_boot(); /* and the last one is needed, whoever uses it */
    assert_int_equal(delete ("root.pem", true), CHARGER_DELETE_FAILED);
    struct roost_certificate_id id = id_of("root.pem");
    for (char *c = id.issuer_key_hash; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    assert_int_equal(charger_roots_delete(&rig.roots, ROOST_PKI_SHA384, &id, false),
                     CHARGER_DELETE_ACCEPTED);
    rig_boot();
    assert_int_equal(listed(CHARGER_ROOT_CENTRAL), 0);
    assert_int_equal(kv_cut_used(&rig.store), 0);
    assert_int_equal(charger_roots_used(&rig.roots, &chain, pki_at_day(0)), ROOST_ERR_CRYPTO);
}

/* Power goes at write n of an installation and of a deletion: the root is there and good, or not.
 */
static void test_p40_cuts(void **state)
{
    struct roost_pki_text chain = pki_file("chain.pem");

    (void)state;
    for (int n = 0; n < 6; n++)
        for (int after = 0; after < 2; after++) {
            kv_cut_init(&rig.store);
            rig_boot();
            rig.store.cut_at = n;
            rig.store.cut_after = after;
            bool done = rig_install(CHARGER_ROOT_CENTRAL, "root.pem") == CHARGER_INSTALL_ACCEPTED;
            rig_boot();
            bool there = listed(CHARGER_ROOT_CENTRAL) == 1;
            assert_true(there || !done);
            assert_int_equal(charger_roots_used(&rig.roots, &chain, pki_at_day(0)) == 0, there);
            assert_int_equal(rig_install(CHARGER_ROOT_CENTRAL, "root.pem"),
                             CHARGER_INSTALL_ACCEPTED);
            rig.store.writes = 0;
            rig.store.cut_at = n;
            done = delete ("root.pem", false) == CHARGER_DELETE_ACCEPTED;
            rig_boot();
            there = listed(CHARGER_ROOT_CENTRAL) == 1;
            assert_true(!there || !done);
            assert_int_equal(charger_roots_used(&rig.roots, &chain, pki_at_day(0)) == 0, there);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_p40_install, rig_set_up),
        cmocka_unit_test_setup(test_p40_list, rig_set_up),
        cmocka_unit_test_setup(test_p40_delete, rig_set_up),
        cmocka_unit_test(test_p40_cuts),
    };

    return cmocka_run_group_tests_name("roots", tests, NULL, NULL);
}
