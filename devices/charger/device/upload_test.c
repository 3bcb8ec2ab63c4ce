/* SPDX-License-Identifier: Apache-2.0 */
/* GetDiagnostics and GetLog by the central system's word, to a server that does what the test says:
 * P-33 (nothing secret in them), TC_045_1_CS, TC_045_2_CS, TC_079_CS; whitepaper M01. */
#include "devices/charger/test/unit.h"

#include <stdio.h>

#include "core/datetime.h"

enum { MINUTE_MS = 60000, SECOND_MS = 1000, ROOM = 700 };
#define PASSWORD "00112233445566778899AABBCCDDEEFF"
#define ACCEPTED "{\"status\":\"Accepted\""

static const int64_t epoch_ms = 1796094000000; /* 2026-12-01T03:00:00Z: its first boot */

/* ---- the central system ---- */

static struct {
    bool open, deaf; /* deaf: answers nothing */
    char frame[8192], answer[8192];
    char train[1024]; /* the statuses of uploads that were told, one behind the other */
    size_t len;
    unsigned asked;
} csms;

static void say(const char *text)
{
    /* The device is inside of its step: what is said comes after it. */
    static char lines[8][512];
    static unsigned at;
    char *line = lines[at++ % 8];

    snprintf(line, sizeof lines[0], "%s", text);
    fake_later(&fake, 1,
               (struct roost_event){.type = ROOST_EV_WS_PART,
                                    .token = ROOST_WS_FIRST | ROOST_WS_LAST,
                                    .data = line,
                                    .len = strlen(line)});
}

static void now_text(char out[ROOST_DATETIME_LEN + 1])
{
    roost_datetime_write(out, epoch_ms + (int64_t)fake.now_ms);
}

static void answer_call(const char *frame)
{
    char id[40] = "", reply[256], time[ROOST_DATETIME_LEN + 1];
    const char *payload = strchr(frame, '{');

    assert_int_equal(sscanf(frame, "[2,\"%39[^\"]\"", id), 1);
    if (strstr(frame, "LogStatusNotification") || strstr(frame, "DiagnosticsStatusNotification")) {
        size_t len = strlen(csms.train);
        snprintf(csms.train + len, sizeof csms.train - len, "%.*s", (int)(strlen(payload) - 1),
                 payload);
    }
    now_text(time);
    if (strstr(frame, "\"BootNotification\""))
        snprintf(reply, sizeof reply,
                 "[3,\"%s\",{\"status\":\"Accepted\",\"interval\":300,\"currentTime\":\"%s\"}]", id,
                 time);
    else if (strstr(frame, "\"Heartbeat\""))
        snprintf(reply, sizeof reply, "[3,\"%s\",{\"currentTime\":\"%s\"}]", id, time);
    else
        snprintf(reply, sizeof reply, "[3,\"%s\",{}]", id);
    if (!csms.deaf)
        say(reply);
}

static int line_open(void *ctx, const struct roost_ws_options *options)
{
    (void)ctx, (void)options;
    csms.open = true;
    fake_later(&fake, 50, (struct roost_event){.type = ROOST_EV_WS_OPENED});
    return 0;
}

static int line_close(void *ctx, uint16_t code)
{
    (void)ctx;
    if (csms.open)
        fake_later(&fake, 0, (struct roost_event){.type = ROOST_EV_WS_CLOSED, .token = code});
    csms.open = false;
    return 0;
}

static int line_send(void *ctx, const void *data, size_t len, bool first, bool last)
{
    (void)ctx;
    if (!csms.open)
        return ROOST_ERR_CLOSED;
    if (first)
        csms.len = 0;
    assert_true(csms.len + len < sizeof csms.frame);
    memcpy(csms.frame + csms.len, data, len);
    csms.len += len;
    csms.frame[csms.len] = '\0';
    if (last && csms.frame[1] == '2')
        answer_call(csms.frame);
    else if (last)
        snprintf(csms.answer, sizeof csms.answer, "%s", csms.frame);
    return 0;
}

static const struct roost_ws_ops line_ops = {
    .open = line_open, .close = line_close, .send_part = line_send};

/* A CALL, its quotes as apostrophes; its answer's payload. */
static const char *call(const char *action, const char *payload)
{
    char text[512];

    csms.answer[0] = '\0';
    snprintf(text, sizeof text, "[2,\"q%u\",\"%s\",%s]", ++csms.asked, action, payload);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    say(text);
    fake_run(&fake, 20);
    const char *answer = strchr(csms.answer, '{');
    return answer ? answer : csms.answer;
}

static void expect_train(const char *expected)
{
    char text[sizeof csms.train];

    snprintf(text, sizeof text, "%s", expected);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    assert_string_equal(csms.train, text);
    csms.train[0] = '\0';
}

/* ---- the server a file goes to ---- */

static struct {
    bool runs, whole, stalls;
    int starts, status, start_err;
    uint64_t code;
    enum roost_http_method method;
    char url[700], body[400000];
    size_t len, stop_at;
} server;

static void room(void)
{
    fake_later(&fake, 5, (struct roost_event){.type = ROOST_EV_HTTP_ROOM, .token = server.len});
}

static void done(int status, uint64_t code)
{
    fake_later(&fake, 5,
               (struct roost_event){.type = ROOST_EV_HTTP_DONE, .status = status, .token = code});
}

static int server_start(void *ctx, const struct roost_http_request *request)
{
    (void)ctx;
    server.starts++;
    if (server.start_err < 0)
        return server.start_err;
    assert_false(server.runs);
    snprintf(server.url, sizeof server.url, "%s", request->url);
    assert_string_equal(request->type, "text/plain");
    server.method = request->method;
    server.runs = server.status == 0;
    server.whole = false;
    server.len = 0;
    if (server.status < 0)
        done(server.status, server.code);
    else if (!server.stalls)
        room();
    return 0;
}

static int server_write(void *ctx, const void *data, size_t len)
{
    size_t left = ROOM - server.len % ROOM, taken = len < left ? len : left;

    (void)ctx;
    if (!server.runs || server.whole)
        return ROOST_ERR_STATE;
    if (server.stop_at && server.len > server.stop_at) {
        server.stalls = true;
        return 0;
    }
    assert_true(server.len + taken < sizeof server.body);
    memcpy(server.body + server.len, data, taken);
    server.len += taken;
    server.body[server.len] = '\0';
    if (len == 0) {
        server.whole = true;
        server.runs = false;
        done(0, 201);
    } else if (taken < len) {
        room();
    }
    return (int)taken;
}

static void forget(enum roost_event_type type)
{
    for (int i = 0; i < fake.pending_count; i++)
        if (fake.pending[i].event.type == type)
            fake.pending[i].event.type = ROOST_EV_NONE;
}

static int server_cancel(void *ctx)
{
    (void)ctx;
    server.runs = false;
    forget(ROOST_EV_HTTP_ROOM);
    forget(ROOST_EV_HTTP_DONE);
    return 0;
}

static const struct roost_http_ops server_ops = {
    .start = server_start, .write = server_write, .cancel = server_cancel};

static bool has(const char *text)
{
    return strstr(server.body, text) != NULL;
}

/* ---- the device ---- */

static void boot(enum roost_reset_reason reason)
{
    unit_boot(reason);
    csms.open = false;
    server.runs = false;
    forget(ROOST_EV_HTTP_ROOM);
    forget(ROOST_EV_HTTP_DONE);
    unit_start(unit_step);
}

static int set_up(void **state)
{
    (void)state;
    memset(&csms, 0, sizeof csms);
    memset(&server, 0, sizeof server);
    unit_make("unit-7");
    fake.port.ws = (struct roost_ws){&line_ops, NULL};
    fake.port.http = (struct roost_http){&server_ops, NULL};
    config.url = "ws://hub/ocpp";
    config.authorization_key = PASSWORD;
    config.security_profile = 1;
    boot(ROOST_RESET_POWER_ON);
    fake_run(&fake, 2 * MINUTE_MS);
    assert_int_equal(charger.ocpp.registration, CHARGER_REGISTERED);
    return 0;
}

#define GET_LOG(id, url)                                                                           \
    "{'logType':'DiagnosticsLog','requestId':" #id ",'log':{'remoteLocation':'" url "'}}"
#define GET_EVENTS(id, url)                                                                        \
    "{'logType':'SecurityLog','requestId':" #id ",'log':{'remoteLocation':'" url "'}}"

/* ---- what goes where ---- */

static void test_TC_045_1_CS_diagnostics(void **state)
{
    (void)state;
    const char *answer = call("GetDiagnostics", "{'location':'http://hub/up/'}");
    assert_string_equal(answer, "{\"fileName\":\"unit-7-diagnostics-20261201T030200Z.txt\"}]");
    fake_run(&fake, 30 * SECOND_MS);
    assert_string_equal(server.url, "http://hub/up/unit-7-diagnostics-20261201T030200Z.txt");
    assert_int_equal(server.method, ROOST_HTTP_PUT);
    assert_true(server.whole);
    assert_true(strncmp(server.body, "# charger unit-7, firmware 1.0.0\n# boot 1 (power-on), up 12",
                        59) == 0);
    assert_true(has("now 2026-12-01T03:02:0"));
    assert_true(has(" I clock: set by the central system"));
    assert_true(has("# until asked: ") && has(" can1 ")); /* its orders to the module */
    expect_train("{'status':'Uploading'}{'status':'Uploaded'}");
    assert_string_equal(call("GetDiagnostics", "{'location':'ftp://u:p@hub/logs','startTime':"
                                               "'2026-12-01T03:02:00Z','stopTime':"
                                               "'2026-12-01T03:02:10Z'}"),
                        "{\"fileName\":\"unit-7-diagnostics-20261201T030230Z.txt\"}]");
    fake_run(&fake, 30 * SECOND_MS);
    assert_string_equal(server.url, "ftp://u:p@hub/logs/unit-7-diagnostics-20261201T030230Z.txt");
    assert_true(has("# until asked: ") && has("\n(12"));
    assert_false(has(" I clock: set by") || has("\n(119") || has("\n(135"));
    expect_train("{'status':'Uploading'}{'status':'Uploaded'}");
}

/* Nothing in that time: no file, and no word of one. */
static void test_no_file_of_a_time_in_which_nothing_was(void **state)
{
    (void)state;
    assert_string_equal(call("GetDiagnostics", "{'location':'http://hub/up/','startTime':"
                                               "'2026-12-02T03:00:00Z'}"),
                        "{}]");
    assert_string_equal(call("GetLog",
                             "{'logType':'SecurityLog','requestId':4,'log':{'remoteLocation':"
                             "'http://hub/up/','latestTimestamp':'2026-11-30T03:00:00Z'}}"),
                        "{\"status\":\"Rejected\"}]");
    fake_run(&fake, 30 * SECOND_MS);
    assert_int_equal(server.starts, 0);
    expect_train("");
}

static void test_TC_045_2_CS_a_server_that_fails(void **state)
{
    (void)state;
    server.status = ROOST_ERR_CLOSED;
    (void)call("GetDiagnostics", "{'location':'http://hub/up/','retries':2,'retryInterval':20}");
    fake_run(&fake, 10 * SECOND_MS);
    expect_train("{'status':'Uploading'}");
    assert_int_equal(server.starts, 1);
    fake_run(&fake, 20 * SECOND_MS);
    assert_int_equal(server.starts, 2);
    fake_run(&fake, MINUTE_MS);
    assert_int_equal(server.starts, 3);
    expect_train("{'status':'UploadFailed'}");
    assert_int_equal(store.kv.ops->get(store.kv.ctx, "upload", NULL, 0), ROOST_ERR_NOT_FOUND);
    server.status = 0; /* the second time it succeeds */
    (void)call("GetDiagnostics", "{'location':'http://hub/up/','retries':1,'retryInterval':20}");
    fake_run(&fake, 10 * SECOND_MS);
    expect_train("{'status':'Uploading'}{'status':'Uploaded'}");
}

static void test_TC_079_CS_the_security_log(void **state)
{
    (void)state;
    assert_string_equal(call("GetLog", GET_EVENTS(17, "http://hub/up/")),
                        ACCEPTED ",\"filename\":\"unit-7-security-20261201T030200Z.txt\"}]");
    fake_run(&fake, 30 * SECOND_MS);
    assert_true(has("\n2026-12-01T03:00:0") && has("Z StartupOfTheDevice: 1.0.0\n"));
    assert_false(has(" I ") || has("can"));
    expect_train("{'status':'Uploading','requestId':17}{'status':'Uploaded','requestId':17}");
    (void)call("TriggerMessage", "{'requestedMessage':'DiagnosticsStatusNotification'}");
    (void)call("ExtendedTriggerMessage", "{'requestedMessage':'LogStatusNotification'}");
    fake_run(&fake, SECOND_MS);
    expect_train("{'status':'Idle'}{'status':'Idle'}");
}

/* ---- what can be wrong ---- */

static void test_M01_what_the_words_say(void **state)
{
    static const struct {
        const char *url;
        int start_err, status;
        uint64_t code;
        const char *word;
        int starts;
    } rows[] = {
        {"http://hub/x", 0, ROOST_ERR_AUTH, 403, "PermissionDenied", 1},
        {"ftp://u:p@hub/x/", 0, ROOST_ERR_AUTH, 530, "PermissionDenied", 1},
        {"http://hub/x", 0, ROOST_ERR_REFUSED, 400, "BadMessage", 1},
        {"http://", ROOST_ERR_INVALID, 0, 0, "BadMessage", 1},
        {"sftp://hub/x", ROOST_ERR_INVALID, 0, 0, "NotSupportedOperation", 1},
        {"ftp://hub/x", ROOST_ERR_UNSUPPORTED, 0, 0, "NotSupportedOperation", 1},
        {"http://hub/x", 0, ROOST_ERR_NO_SPACE, 507, "UploadFailure", 1},
        {"http://hub/x", 0, ROOST_ERR_REFUSED, 405, "UploadFailure", 2}, /* PUT, POST */
        {"https://hub/x", 0, ROOST_ERR_CRYPTO, 1, "UploadFailure", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char payload[256], train[256];

        server.starts = 0;
        server.start_err = rows[i].start_err;
        server.status = rows[i].status;
        server.code = rows[i].code;
        snprintf(payload, sizeof payload,
                 "{'logType':'DiagnosticsLog','requestId':%u,'log':{'remoteLocation':'%s'}}",
                 (unsigned)i, rows[i].url);
        assert_true(strncmp(call("GetLog", payload), ACCEPTED, sizeof ACCEPTED - 1) == 0);
        fake_run(&fake, MINUTE_MS);
        int len = rows[i].start_err
                      ? 0
                      : snprintf(train, sizeof train, "{'status':'Uploading','requestId':%u}",
                                 (unsigned)i);
        snprintf(train + len, sizeof train - (size_t)len, "{'status':'%s','requestId':%u}",
                 rows[i].word, (unsigned)i);
        expect_train(train);
        assert_int_equal(server.starts, rows[i].starts);
        assert_false(charger.blackbox.frozen);
    }
}

/* The first is given up for the second, whose words are told alone. */
static void test_M01_another_while_one_runs(void **state)
{
    (void)state;
    server.stop_at = 1500;
    (void)call("GetLog", GET_LOG(1, "http://hub/one/"));
    fake_run(&fake, 10 * SECOND_MS);
    assert_true(server.runs && server.stalls);
    expect_train("{'status':'Uploading','requestId':1}");
    server.stop_at = 0;
    server.stalls = false;
    const char *answer = call("GetLog", GET_EVENTS(2, "http://hub/two/"));
    assert_true(strncmp(answer, "{\"status\":\"AcceptedCanceled\"", 28) == 0);
    assert_non_null(strstr(answer, "\"filename\":\"unit-7-security-"));
    fake_run(&fake, 30 * SECOND_MS);
    assert_true(strncmp(server.url, "http://hub/two/", 15) == 0 && server.whole);
    expect_train("{'status':'Uploading','requestId':2}{'status':'Uploaded','requestId':2}");
    assert_false(charger.blackbox.frozen);
    server.stop_at = 1500; /* one that cannot be begins nothing and ends nothing */
    (void)call("GetLog", GET_LOG(3, "http://hub/three/"));
    fake_run(&fake, SECOND_MS);
    assert_string_equal(call("GetLog", "{'logType':'SecurityLog','requestId':4,'log':{"
                                       "'remoteLocation':'http://hub/','oldestTimestamp':"
                                       "'2027-11-30T03:00:00Z'}}"),
                        "{\"status\":\"Rejected\"}]");
    assert_true(server.runs);
    done(0, 200);
    fake_run(&fake, SECOND_MS);
    expect_train("{'status':'Uploading','requestId':3}{'status':'Uploaded','requestId':3}");
}

static void test_P33_nothing_secret(void **state)
{
    static const char key[] = "4F43415F4F4354545F61646D696E5F74657374";

    (void)state;
    (void)call("ChangeConfiguration",
               "{'key':'AuthorizationKey','value':'4F43415F4F4354545F61646D696E5F74657374'}");
    fake_run(&fake, 2 * MINUTE_MS);
    for (int security = 0; security < 2; security++) {
        (void)call("GetLog", security ? GET_EVENTS(1, "http://who:swordfish@hub/up/")
                                      : GET_LOG(1, "http://who:swordfish@hub/up/"));
        fake_run(&fake, 30 * SECOND_MS);
        assert_true(server.whole);
        assert_true(strncmp(server.url, "http://who:swordfish@hub/up/unit-7-", 35) == 0);
        assert_false(has(key) || has("OCA_OCTT") || has("swordfish") || has(PASSWORD));
        if (security)
            assert_true(has("ReconfigurationOfSecurityParameters: AuthorizationKey\n"));
    }
    for (size_t i = 0; i + 9 < sizeof charger; i++) /* nor in its memory, once it is over */
        assert_true(memcmp((char *)&charger + i, "swordfish", 9) != 0);
}

/* ---- the black box ---- */

static void test_a_fault_and_what_was_before_it(void **state)
{
    (void)state;
    fake_run(&fake, 2 * MINUTE_MS);
    world_charger_stop(&world, true); /* the emergency stop */
    charger.woken = true;
    fake_run(&fake, SECOND_MS);
    assert_true(charger.blackbox.frozen);
    assert_int_equal(charger.blackbox.fault, 401);
    fake_run(&fake, 10 * MINUTE_MS);
    server.status = ROOST_ERR_CLOSED; /* one that does not arrive: it stays */
    (void)call("GetDiagnostics", "{'location':'http://hub/up/'}");
    fake_run(&fake, 10 * SECOND_MS);
    assert_int_equal(charger.blackbox.fault, 401);
    assert_true(charger.blackbox.frozen);
    server.status = 0;
    (void)call("GetLog", GET_EVENTS(5, "http://hub/up/")); /* nor one without it */
    fake_run(&fake, 10 * SECOND_MS);
    assert_true(charger.blackbox.frozen);
    (void)call("GetDiagnostics", "{'location':'http://hub/up/'}");
    fake_run(&fake, 30 * SECOND_MS);
    assert_true(has("# fault 401 EMERGENCY_STOP: "));
    assert_true(has("# until fault 401: "));
    double first = 0, last = 0;
    for (const char *at = server.body; (at = strstr(at, "\n(")) != NULL; at++) {
        assert_int_equal(sscanf(at, "\n(%lf)", &last), 1);
        if (first == 0)
            first = last;
    }
    assert_true(last - first >= 60 && last < 241.5);
    assert_false(charger.blackbox.frozen); /* it goes on */
}

/* ---- power cuts, resets, updates ---- */

/* What is heard of it after a cut: its end, once, or nothing where it had been heard before. */
static void expect_an_end(bool heard)
{
    static const char failed[] = "{\"status\":\"UploadFailure\",\"requestId\":9}";
    static const char uploaded[] = "{\"status\":\"Uploaded\",\"requestId\":9}";

    csms.train[0] = '\0';
    boot(ROOST_RESET_POWER_ON);
    fake_run(&fake, 3 * MINUTE_MS);
    if (strcmp(csms.train, failed) != 0 && strcmp(csms.train, uploaded) != 0) {
        assert_true(heard);
        assert_string_equal(csms.train, "");
    }
    csms.train[0] = '\0';
    boot(ROOST_RESET_POWER_ON); /* and not a second time */
    fake_run(&fake, 3 * MINUTE_MS);
    assert_string_equal(csms.train, "");
}

/* Cut at any time, and in each write of the note: before it, and after it and before its return. */
static void test_a_power_cut_leaves_nothing_hanging(void **state)
{
    for (unsigned when = 0; when < 60; when++) {
        set_up(state);
        server.status = when % 2 ? ROOST_ERR_CLOSED : 0;
        (void)call("GetLog", GET_LOG(9, "http://hub/up/"));
        fake_run(&fake, when * 3);
        expect_an_end(strstr(csms.train, "Failure") || strstr(csms.train, "Uploaded"));
    }
    for (int write = 0; write < 6; write++) {
        set_up(state);
        store.cut_at = store.writes + write / 2;
        store.cut_after = write % 2;
        (void)call("GetLog", GET_LOG(9, "http://hub/up/"));
        fake_run(&fake, 30 * SECOND_MS);
        /* Without a note nobody knows of it: the flash failed before it was answered. */
        expect_an_end(strstr(csms.train, "Uploaded") || write == 0);
    }
}

static void test_a_reset_does_not_wait_for_it(void **state)
{
    (void)state;
    server.stop_at = 1500;
    (void)call("GetLog", GET_LOG(9, "http://hub/up/"));
    fake_run(&fake, 10 * SECOND_MS);
    assert_true(server.runs);
    expect_train("{'status':'Uploading','requestId':9}");
    (void)call("Reset", "{'type':'Soft'}");
    fake_run(&fake, MINUTE_MS);
    assert_int_equal(fake.reboots, 1);
    assert_false(server.runs);
    csms.train[0] = '\0';
    boot(ROOST_RESET_COMMAND);
    fake_run(&fake, 3 * MINUTE_MS);
    expect_train("{'status':'UploadFailure','requestId':9}");
}

/* A download has the port's http for minutes: the file comes after it. */
static void test_an_update_goes_first(void **state)
{
    (void)state;
    server.start_err = ROOST_ERR_BUSY;
    (void)call("GetLog", GET_LOG(9, "http://hub/up/"));
    fake_run(&fake, 5 * MINUTE_MS);
    expect_train("");
    server.start_err = 0;
    charger.device.update.ota.state = ROOST_OTA_LOADING; /* between two of its transfers */
    int starts = server.starts;
    fake_run(&fake, 5 * MINUTE_MS);
    assert_int_equal(server.starts, starts);
    charger.device.update.ota.state = ROOST_OTA_IDLE;
    fake_run(&fake, 30 * SECOND_MS);
    expect_train("{'status':'Uploading','requestId':9}{'status':'Uploaded','requestId':9}");
}

/* Away from the central system: the words wait, and come in order. */
static void test_told_in_order_once_there_is_somebody(void **state)
{
    (void)state;
    csms.deaf = true;
    (void)call("GetLog", GET_LOG(9, "http://hub/up/"));
    fake_run(&fake, 20 * SECOND_MS);
    assert_true(server.whole);
    csms.train[0] = '\0'; /* the first of them was said, and not heard */
    line_close(NULL, 1006);
    csms.deaf = false;
    fake_run(&fake, 5 * MINUTE_MS);
    expect_train("{'status':'Uploading','requestId':9}{'status':'Uploaded','requestId':9}");
}

static void test_a_port_without_uploads(void **state)
{
    (void)state;
    fake.port.http.ops = NULL;
    boot(ROOST_RESET_COMMAND);
    fake_run(&fake, 2 * MINUTE_MS);
    (void)call("GetLog", GET_LOG(9, "http://hub/up/"));
    assert_non_null(strstr(csms.answer, "\"NotSupported\""));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(test_##name, set_up)
    const struct CMUnitTest tests[] = {
        T(TC_045_1_CS_diagnostics),
        T(TC_045_2_CS_a_server_that_fails),
        T(no_file_of_a_time_in_which_nothing_was),
        T(TC_079_CS_the_security_log),
        T(M01_what_the_words_say),
        T(M01_another_while_one_runs),
        T(P33_nothing_secret),
        T(a_fault_and_what_was_before_it),
        T(a_power_cut_leaves_nothing_hanging),
        T(a_reset_does_not_wait_for_it),
        T(an_update_goes_first),
        T(told_in_order_once_there_is_somebody),
        T(a_port_without_uploads),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
