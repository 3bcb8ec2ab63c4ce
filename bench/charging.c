/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What MeterValues of seven measurands cost the central system without a socket, in CPU time of
 * this process, stored durably:
 *
 *     bench-charging book FILE CHARGERS MESSAGES    what is to be kept is put into the book
 *     bench-charging path FILE CHARGERS MESSAGES    frames come in, answers go out
 *
 * Every charger has one message under way, so CHARGERS messages share a commit. FILE is made anew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/datetime.h"
#include "host/metrics.h"
#include "hub/csms/csms.h"
#include "hub/peer.h"
#include "hub/store/csms_book.h"

enum { VALUES = 7, FRAME_BYTES = 743, CHARGERS_MAX = 10000 };

#define START_MS INT64_C(1796029200000) /* 2026-11-30T09:00:00Z */

static struct csms_book_store *store;
static struct csms_book book;
static long answers, failures;
static int32_t tx_ids[CHARGERS_MAX];
static uint64_t now_ms;

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench-charging: %s\n", what);
    exit(EXIT_FAILURE);
}

static double cpu_s(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void identity_of(char identity[CSMS_IDENTITY_MAX + 1], int charger)
{
    snprintf(identity, CSMS_IDENTITY_MAX + 1, "CP%05d", charger);
}

static void on_stored(void *arg, int err, int32_t tx_id)
{
    answers++;
    failures += err < 0;
    if (arg)
        *(int32_t *)arg = tx_id;
}

/* ---- a book with chargers, each with a transaction that runs ---- */

static void fill(int chargers)
{
    const struct csms_boot boot = {.vendor = "V", .model = "M", .accepted = true};

    for (int i = 0; i < chargers; i++) {
        struct csms_charger_row row = {.registration = CSMS_ACCEPTED};
        struct csms_tx tx = {.connector = 1,
                             .id_tag = "ABC",
                             .started_ms = START_MS,
                             .start_arrived_ms = START_MS,
                             .verdict = OCPP_Accepted,
                             .flags = CSMS_TX_ID_SEEN};

        identity_of(row.identity, i);
        memcpy(tx.identity, row.identity, sizeof tx.identity);
        const struct csms_change change = {.identity = row.identity, .boot = &boot, .tx = &tx};
        must(csms_book_set_charger(store, &row, NULL, NULL) == 0, "charger");
        must(book.ops->put(book.ctx, &change, on_stored, &tx_ids[i]) == 0, "put");
        if (i % 1000 == 999)
            csms_book_wait(store);
    }
    csms_book_wait(store);
    must(failures == 0, "a charger was not stored");
}

/* ---- the book alone ---- */

static void samples_of(struct csms_sample samples[VALUES], long message, int charger)
{
    static const enum ocpp_word measurands[VALUES] = {OCPP_Energy_Active_Import_Register,
                                                      OCPP_Power_Active_Import,
                                                      OCPP_Current_Import,
                                                      OCPP_Voltage,
                                                      OCPP_SoC,
                                                      OCPP_Temperature,
                                                      OCPP_Power_Offered};
    static const enum ocpp_word units[VALUES] = {OCPP_Wh,      OCPP_W,       OCPP_A, OCPP_V,
                                                 OCPP_Percent, OCPP_Celcius, OCPP_W};

    for (int i = 0; i < VALUES; i++)
        samples[i] =
            (struct csms_sample){.at_ms = START_MS + message * 10000,
                                 .value_milli = 1000000 * (i + 1) + message * 917 + charger * 31,
                                 .measurand = measurands[i],
                                 .unit = units[i],
                                 .context = OCPP_Sample_Periodic,
                                 .location = OCPP_Outlet,
                                 .format = OCPP_Raw};
}

static void put_message(int charger, long message)
{
    char identity[CSMS_IDENTITY_MAX + 1];
    struct csms_sample samples[VALUES];

    identity_of(identity, charger);
    samples_of(samples, message, charger);
    const struct csms_change change = {.identity = identity,
                                       .arrived_ms = START_MS + message * 10000 + 150,
                                       .samples = samples,
                                       .sample_count = VALUES,
                                       .connector = 1,
                                       .sample_tx = tx_ids[charger],
                                       .said_id = tx_ids[charger]};
    must(book.ops->put(book.ctx, &change, on_stored, NULL) == 0, "put");
}

/* ---- the whole path ---- */

static struct hub_peer peers[CHARGERS_MAX];
static void *service;

static int peer_accept(void *ctx)
{
    (void)ctx;
    return 0;
}

static void peer_refuse(void *ctx, int status, const char *reason)
{
    (void)ctx;
    (void)status;
    must(false, reason);
}

static int peer_send(void *ctx, enum hub_peer_type type, const void *data, size_t len)
{
    (void)ctx;
    (void)type;
    answers++;
    failures += len < 3 || ((const char *)data)[1] != '3';
    return 0;
}

static size_t peer_unsent(void *ctx)
{
    (void)ctx;
    return 0;
}

static void peer_close(void *ctx, uint16_t code, const char *reason)
{
    (void)ctx;
    (void)code;
    must(false, reason ? reason : "closed");
}

static const struct hub_peer_ops peer_ops = {peer_accept, peer_refuse, peer_send, peer_unsent,
                                             peer_close};

static uint64_t clock_now(void *ctx)
{
    (void)ctx;
    return now_ms;
}

static int64_t clock_unix(void *ctx)
{
    (void)ctx;
    return START_MS + (int64_t)now_ms;
}

static void clock_random(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
}

static void connect_all(int chargers)
{
    char identity[CSMS_IDENTITY_MAX + 1];

    for (int i = 0; i < chargers; i++) {
        identity_of(identity, i);
        const struct hub_field param = {"id", identity};
        const struct hub_peer_request request = {.path = CSMS_PATH,
                                                 .remote = "192.0.2.7",
                                                 .correlation_id = "bench",
                                                 .offered = "ocpp1.6",
                                                 .subprotocol = "ocpp1.6",
                                                 .certificate_name = "",
                                                 .certificate_subject = "",
                                                 .params = &param,
                                                 .param_count = 1};
        peers[i] = (struct hub_peer){.ops = &peer_ops};
        csms_service.sockets[0].events->admit(service, &peers[i], &request);
        csms_book_wait(store);
    }
}

static size_t frame_of(char frame[FRAME_BYTES + 1], int charger, long message)
{
    char time[ROOST_DATETIME_LEN + 1];
    int v = (int)(message % 5000);

    roost_datetime_write(time, START_MS + message * 10000);
    int len = snprintf(
        frame, FRAME_BYTES + 1,
        "[2,\"%ld\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":%d,\"meterValue\":[{"
        "\"timestamp\":\"%s\",\"sampledValue\":["
        "{\"value\":\"%d.5\",\"measurand\":\"Energy.Active.Import.Register\",\"unit\":\"Wh\"},"
        "{\"value\":\"%d\",\"measurand\":\"Power.Active.Import\",\"unit\":\"W\"},"
        "{\"value\":\"%d.2\",\"measurand\":\"Current.Import\",\"unit\":\"A\"},"
        "{\"value\":\"%d.7\",\"measurand\":\"Voltage\",\"unit\":\"V\"},"
        "{\"value\":\"%d\",\"context\":\"Sample.Periodic\",\"measurand\":\"SoC\",\"location\":"
        "\"EV\",\"unit\":\"Percent\"},"
        "{\"value\":\"%d\",\"context\":\"Sample.Periodic\",\"measurand\":\"Temperature\","
        "\"location\":\"Body\",\"unit\":\"Celcius\"},"
        "{\"value\":\"%d\",\"context\":\"Sample.Periodic\",\"measurand\":\"Power.Offered\","
        "\"location\":\"Outlet\",\"unit\":\"W\"}]}]}]",
        message, (int)tx_ids[charger], time, 100000 + v, 40000 + v, v % 200, 380 + v % 40, v % 100,
        20 + v % 30, 50000);
    must(len > 0 && len <= FRAME_BYTES, "the frame does not fit");
    memset(frame + len, ' ', (size_t)(FRAME_BYTES - len)); /* the message of the comparison */
    return FRAME_BYTES;
}

static void send_message(int charger, long message)
{
    char frame[FRAME_BYTES + 1];
    size_t len = frame_of(frame, charger, message);

    csms_service.sockets[0].events->message(service, &peers[charger], HUB_PEER_TEXT, frame, len);
}

/* ---- */

static void run(const char *what, int chargers, long messages,
                void (*one)(int charger, long message))
{
    long done = 0;

    answers = failures = 0;
    double cpu = cpu_s();
    for (long message = 1; done < messages; message++) {
        now_ms = (uint64_t)message * 10000 + 150;
        for (int i = 0; i < chargers && done < messages; i++, done++)
            one(i, message);
        csms_book_wait(store);
    }
    cpu = cpu_s() - cpu;
    must(answers == messages && failures == 0, "not all were stored");
    struct csms_book_counts counts;
    csms_book_count(store, &counts);
    printf("%s: %ld messages of %d chargers, %.2f CPU-s, %.0f per CPU-s, %.1f a commit\n", what,
           messages, chargers, cpu, (double)messages / cpu,
           (double)messages / (double)counts.commits);
}

static void run_path(int chargers, long messages)
{
    static const struct host_clock_ops clock_ops = {clock_now, clock_unix, clock_random};
    struct host_clock clock = {.ops = &clock_ops};
    struct csms_parts with = {.book = &book};
    struct hub_extra extras[] = {{CSMS_EXTRA, &with}, {0}};
    struct metrics *metrics = metrics_new();
    struct hub_parts parts = {.clock = &clock, .metrics = metrics, .extras = extras};

    must(csms_service.open(&service, &parts) == 0, "service");
    connect_all(chargers);
    run("path", chargers, messages, send_message);
    for (int i = 0; i < chargers; i++)
        csms_service.sockets[0].events->closed(service, &peers[i], 1000);
    csms_service.close(service);
    metrics_free(metrics);
}

int main(int argc, char **argv)
{
    char why[160] = "";
    int chargers = argc == 5 ? atoi(argv[3]) : 0;
    bool path = argc == 5 && strcmp(argv[1], "path") == 0;

    must(chargers > 0 && chargers <= CHARGERS_MAX && (path || strcmp(argv[1], "book") == 0),
         "usage: bench-charging book|path FILE CHARGERS MESSAGES");
    must(access(argv[2], F_OK) < 0, "the file is there already");
    must(csms_book_open(&store, NULL, argv[2], why, sizeof why) == 0, why);
    book = csms_book_of(store);
    fill(chargers);
    if (path)
        run_path(chargers, atol(argv[4]));
    else
        run("book", chargers, atol(argv[4]), put_message);
    csms_book_close(store);
    return EXIT_SUCCESS;
}
