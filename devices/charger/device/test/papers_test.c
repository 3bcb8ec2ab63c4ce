/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates by the central system's word, and what the runtime has to say to it: P-34, P-40,
 * P-41, TC_074 to TC_077. */
#include "devices/charger/device/test/papers_rig.h"

static int set_up(void **state)
{
    (void)rig_set_up(state);
    rig.shows = -1;
    rig_run(RIG_MINUTE_MS);
    assert_int_equal(charger.ocpp.registration, CHARGER_REGISTERED);
    return 0;
}

static const char *listed(const char *use)
{
    char payload[80];

    snprintf(payload, sizeof payload, "{'certificateType':'%s'}", use);
    return rig_call("GetInstalledCertificateIds", payload);
}

static const char *delete (const char *file, const char *serial)
{
    static char payload[512];
    const struct roost_pki *pki = &fake.port.pki;
    struct roost_pki_text text = pki_file(file);
    struct roost_certificate_id id;

    assert_int_equal(pki->ops->identify(pki->ctx, &text, 0, NULL, ROOST_PKI_SHA256, &id), 0);
    snprintf(payload, sizeof payload,
             "{'certificateHashData':{'hashAlgorithm':'SHA256','issuerNameHash':'%s',"
             "'issuerKeyHash':'%s','serialNumber':'%s'}}",
             id.issuer_name_hash, id.issuer_key_hash, serial ? serial : id.serial);
    return rig_call("DeleteCertificate", payload);
}

/* ---- P-40 ---- */

static void test_P40_install_and_list(void **state)
{
    static const char *const bad[] = {"inter.pem", "leaf.pem", "chain.pem", "bareroot.pem"};

    (void)state;
    assert_string_equal(listed("CentralSystemRootCertificate"), "{\"status\":\"NotFound\"}]");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_string_equal(rig_install(bad[i]), REJECTED);
    assert_string_equal(rig_call("InstallCertificate",
                                 "{'certificateType':'ManufacturerRootCertificate',"
                                 "'certificate':'no certificate'}"),
                        REJECTED);
    assert_string_equal(rig_install("root.pem"), ACCEPTED);
    assert_string_equal(rig_install("root.pem"), ACCEPTED); /* and takes no second place */
    assert_string_equal(rig_install("other.pem"), ACCEPTED);
    assert_string_equal(rig_install("rsaroot.pem"), ACCEPTED);
    assert_string_equal(rig_install("impostor.pem"), ACCEPTED);
    assert_non_null(strstr(rig_call("GetConfiguration", "{'key':['CertificateStoreMaxLength']}"),
                           "\"value\":\"4\""));
    assert_string_equal(rig_install("v1root.pem"), REJECTED); /* n + 1 */
    const char *list = listed("CentralSystemRootCertificate");
    unsigned count = 0;
    for (const char *at = list; (at = strstr(at, "\"SHA256\"")) != NULL; at++)
        count++;
    assert_int_equal(count, 4);
    assert_string_equal(listed("ManufacturerRootCertificate"), "{\"status\":\"NotFound\"}]");
    assert_true(rig_events(CHARGER_EVENT_ReconfigurationOfSecurityParameters) >= 4);
}

static void test_P40_delete(void **state)
{
    (void)state;
    assert_string_equal(rig_install("other.pem"), ACCEPTED);
    assert_string_equal(rig_install("root.pem"), ACCEPTED);
    assert_string_equal(delete ("rsaroot.pem", NULL), "{\"status\":\"NotFound\"}]");
    assert_string_equal(delete ("root.pem", "ffff"), "{\"status\":\"NotFound\"}]");
    rig.shows = 1; /* the hub's chain is under the second one */
    assert_string_equal(rig_set("SecurityProfile", "2"), ACCEPTED);
    rig_run(RIG_MINUTE_MS);
    assert_true(rig.open);
    assert_int_equal(charger.link.profile, 2);
    assert_string_equal(delete ("root.pem", NULL), "{\"status\":\"Failed\"}]"); /* M04.FR.06 */
    assert_string_equal(delete ("other.pem", NULL), ACCEPTED);
    assert_string_equal(delete ("root.pem", NULL), "{\"status\":\"Failed\"}]");
    assert_string_equal(delete ("other.pem", NULL), "{\"status\":\"NotFound\"}]");
}

/* A root that is installed is what profile 2 asks for, and without it there is none. */
static void test_P34_a_root_makes_profile_2_possible(void **state)
{
    (void)state;
    assert_string_equal(rig_set("SecurityProfile", "2"), REJECTED);
    assert_string_equal(rig_install("root.pem"), ACCEPTED);
    assert_string_equal(delete ("root.pem", NULL), ACCEPTED);
    assert_string_equal(rig_set("SecurityProfile", "2"), REJECTED);
    assert_string_equal(rig_install("root.pem"), ACCEPTED);
    assert_string_equal(rig_set("SecurityProfile", "3"), REJECTED);
    assert_string_equal(rig_set("SecurityProfile", "2"), ACCEPTED);
}

/* The power goes at write n of the message: the root is there and whole, or not. */
static void test_P40_cuts(void **state)
{
    bool done = false;

    (void)state;
    for (int n = 0; !done; n++) {
        store.writes = 0;
        store.cut_at = n;
        store.cut_after = n % 2 != 0;
        done = strcmp(rig_install("root.pem"), ACCEPTED) == 0 && store.power;
        store.cut_at = -1;
        rig_boot(ROOST_RESET_POWER_ON);
        rig_run(RIG_MINUTE_MS);
        bool there = strstr(listed("CentralSystemRootCertificate"), "SHA256") != NULL;
        assert_true(there || !done);
        if (there)
            assert_string_equal(delete ("root.pem", NULL), ACCEPTED);
        assert_true(n < 40);
    }
}

/* ---- P-41 ---- */

/* What the charger asks for, as SignCertificate says it. */
static void take_csr(void)
{
    const char *call = rig_said("SignCertificate", "-----BEGIN CERTIFICATE REQUEST-----\\n");
    static char pem[ROOST_PKI_REQUEST_MAX];
    size_t len = 0;

    assert_non_null(call);
    for (const char *c = strstr(call, "-----BEGIN"); *c != '"'; c++)
        if (*c == '\\')
            pem[len++] = '\n', c++;
        else
            pem[len++] = *c;
    pki_write("device.csr", pem, len);
    assert_int_equal(pki_run("openssl req -in device.csr -verify -noout -subject | "
                             "grep -q 'O = Roost Power, CN = CP-0001'"),
                     0);
}

/* Signed by the authority; good until the next. */
static struct roost_pki_text sign(const char *days)
{
    static char text[8192];
    char command[400];

    take_csr();
    snprintf(command, sizeof command,
             "echo extendedKeyUsage=clientAuth >device.ext && openssl x509 -req -in device.csr -CA "
             "inter.pem -CAkey inter.key %s -extfile device.ext -out device.pem && "
             "cat device.pem inter.pem >device.chain",
             days);
    assert_int_equal(pki_run(command), 0);
    return roost_pki_text(text, pki_load("device.chain", text, sizeof text));
}

static const char *signed_with(const struct roost_pki_text *chain)
{
    return rig_paper("CertificateSigned", "certificateChain", chain, "");
}

static const char *trigger(void)
{
    return rig_call("ExtendedTriggerMessage", "{'requestedMessage':'SignChargePointCertificate'}");
}

static void ask(void)
{
    assert_string_equal(rig_install("root.pem"), ACCEPTED);
    assert_string_equal(rig_set("CpoName", "Roost Power"), ACCEPTED);
    assert_string_equal(trigger(), ACCEPTED);
    rig_run(RIG_MINUTE_MS);
}

static void test_P41_a_certificate_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(trigger(), REJECTED); /* for whom? */
    ask();
    struct roost_pki_text chain = sign("-days 50");
    assert_string_equal(signed_with(&chain), ACCEPTED);
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidChargePointCertificate), 0);
    assert_string_equal(rig_set("SecurityProfile", "3"), ACCEPTED);
    rig.shows = 0;
    rig_run(RIG_MINUTE_MS);
    assert_true(rig.open);
    assert_int_equal(charger.link.profile, 3);
    assert_string_equal(rig.slot, "csms");
    /* Another one: the socket that showed the old one is made again. */
    int attempts = rig.attempts;
    rig_forget();
    assert_string_equal(trigger(), ACCEPTED);
    rig_run(RIG_MINUTE_MS);
    chain = sign("-days 50");
    assert_string_equal(signed_with(&chain), ACCEPTED);
    rig_run(RIG_MINUTE_MS);
    assert_int_equal(rig.attempts, attempts + 1);
    assert_true(rig.open);
}

static void test_P41_refused(void **state)
{
    (void)state;
    struct roost_pki_text foreign = pki_file("client.pem");
    assert_string_equal(signed_with(&foreign), REJECTED);
    ask();
    unsigned before = rig_events(CHARGER_EVENT_InvalidChargePointCertificate);
    assert_string_equal(signed_with(&foreign), REJECTED);
    struct roost_pki_text over = sign("-days 1");
    rig.days = 3;
    (void)rig_call("TriggerMessage", "{'requestedMessage':'Heartbeat'}");
    rig_run(1000);
    assert_string_equal(signed_with(&over), REJECTED);
    assert_int_equal(rig_events(CHARGER_EVENT_InvalidChargePointCertificate), before + 2);
    assert_false(charger.trust.request.bound);
    assert_string_equal(rig_set("SecurityProfile", "3"), REJECTED);
    rig_run(RIG_MINUTE_MS);
    assert_non_null(rig_said("SecurityEventNotification", "InvalidChargePointCertificate"));
}

/* 10,000 characters, in pieces, never whole in memory; one more is no message of OCPP's. */
static void test_P41_the_longest_chain(void **state)
{
    static char longest[ROOST_PKI_CHAIN_MAX + 2];

    (void)state;
    ask();
    struct roost_pki_text chain = sign("-days 50");
    memset(longest, '#', sizeof longest - 1);
    memcpy(longest + ROOST_PKI_CHAIN_MAX + 1 - chain.len, chain.bytes, chain.len);
    struct roost_pki_text text = roost_pki_text(longest, ROOST_PKI_CHAIN_MAX + 1);
    assert_non_null(strstr(signed_with(&text), "PropertyConstraintViolation"));
    assert_false(charger.trust.request.bound);
    text = roost_pki_text(longest + 1, ROOST_PKI_CHAIN_MAX);
    assert_string_equal(signed_with(&text), ACCEPTED);
    assert_true(charger.trust.request.bound);
    assert_null(strstr(rig.answer, "#"));
}

static void test_P41_cuts(void **state)
{
    bool done = false;

    (void)state;
    ask();
    for (int n = 0; !done; n++) {
        struct roost_pki_text chain = sign("-days 50");
        store.writes = 0;
        store.cut_at = n;
        store.cut_after = n % 2 != 0;
        done = strcmp(signed_with(&chain), ACCEPTED) == 0 && store.power;
        store.cut_at = -1;
        rig_boot(ROOST_RESET_POWER_ON);
        rig_run(RIG_MINUTE_MS);
        assert_true(charger.trust.request.bound || !done);
        if (charger.trust.request.bound) { /* whole: it can be used */
            assert_string_equal(signed_with(&chain), ACCEPTED);
            done = true;
        } else {
            assert_non_null(rig_said("SignCertificate", "")); /* the key waits and is asked for */
        }
        assert_true(n < 40);
    }
}

/* A central system that refuses is asked again later, not at once. */
static void test_P41_no_storm(void **state)
{
    unsigned asked = 0;

    (void)state;
    rig.signs = "Rejected";
    ask();
    rig_run(4 * RIG_MINUTE_MS);
    for (int i = 0; i < rig.call_count; i++)
        asked += strstr(rig.calls[i], "\"SignCertificate\"") != NULL;
    assert_in_range(asked, 2, 4);
}

/* Thirty days before its end a new one is asked for, without a word. */
static void test_A02_before_it_expires(void **state)
{
    (void)state;
    ask();
    struct roost_pki_text chain = sign("-days 20");
    assert_string_equal(signed_with(&chain), ACCEPTED);
    rig_forget();
    for (int hour = 0; hour < 25 && !rig_said("SignCertificate", ""); hour++) {
        rig_forget();
        rig_run(60 * RIG_MINUTE_MS);
    }
    assert_non_null(rig_said("SignCertificate", ""));
    assert_true(charger.trust.request.bound); /* and the old one is used meanwhile */
}

/* ---- what the runtime says ---- */

static void test_status_and_answers(void **state)
{
    (void)state;
    assert_non_null(rig_said("DataTransfer", "\"vendorId\":\"Roost\",\"messageId\":\"Status\""));
    assert_non_null(rig_said("DataTransfer", "\\\"type\\\":\\\"charger\\\""));
    rig_forget();
    assert_string_equal(rig_call("DataTransfer",
                                 "{'vendorId':'Roost','messageId':'Command','data':'{\\'id\\':"
                                 "\\'c1\\',\\'command\\':\\'set\\',\\'args\\':"
                                 "{\\'terms\\':2}}'}"),
                        ACCEPTED);
    rig_run(RIG_MINUTE_MS);
    const char *answer = rig_said("DataTransfer", "\"messageId\":\"Answer\"");
    assert_non_null(answer);
    assert_non_null(strstr(answer, "c1"));
    assert_non_null(strstr(answer, "\\\"terms\\\":2"));
    assert_int_equal(charger.station.config.terms, 2);
}

/* Whom it means nothing is not told again on this connection. */
static void test_a_central_system_that_knows_no_status(void **state)
{
    (void)state;
    rig.transfer = "UnknownVendorId";
    rig_run(3 * RIG_MINUTE_MS);
    rig_forget();
    rig_run(10 * RIG_MINUTE_MS);
    assert_null(rig_said("DataTransfer", ""));
    assert_true(charger.word.deaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_P40_install_and_list, set_up),
        cmocka_unit_test_setup(test_P40_delete, set_up),
        cmocka_unit_test_setup(test_P34_a_root_makes_profile_2_possible, set_up),
        cmocka_unit_test_setup(test_P40_cuts, set_up),
        cmocka_unit_test_setup(test_P41_a_certificate_of_its_own, set_up),
        cmocka_unit_test_setup(test_P41_refused, set_up),
        cmocka_unit_test_setup(test_P41_the_longest_chain, set_up),
        cmocka_unit_test_setup(test_P41_cuts, set_up),
        cmocka_unit_test_setup(test_P41_no_storm, set_up),
        cmocka_unit_test_setup(test_A02_before_it_expires, set_up),
        cmocka_unit_test_setup(test_status_and_answers, set_up),
        cmocka_unit_test_setup(test_a_central_system_that_knows_no_status, set_up),
    };

    return cmocka_run_group_tests_name("papers", tests, NULL, NULL);
}
