/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chargers that say MeterValues as fast as each is answered, one message under way on each socket:
 *
 *     bench-charging-load PORT PATH CHARGERS SECONDS
 *
 * Each connects to ws://127.0.0.1:PORT/PATH/CPnnnnn, boots, begins a transaction, and then says the
 * seven measurands (743 bytes) until the time is over. The report is one line of JSON: answers,
 * seconds, p50 and p99 of the time from the message to its answer in ms, refused, lost.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "core/datetime.h"

enum {
    CHARGERS_MAX = 10000,
    FRAME_BYTES = 743,
    OUT_BYTES = 1024,
    IN_BYTES = 4096,
    BUCKETS = 200000, /* of 10 us */
    BUCKET_US = 10,
    RAMP = 200 /* handshakes at once */
};

struct charger {
    uv_tcp_t socket;
    uv_connect_t connect;
    uv_write_t write;
    unsigned index;
    enum { CONNECTING, SHAKING, BOOTING, STARTING, SAYING, GONE } state;
    unsigned transaction;
    uint64_t asked_ns, number;
    size_t in_len, out_len;
    char in[IN_BYTES], out[OUT_BYTES];
};

static struct {
    uv_loop_t loop;
    struct sockaddr_in address;
    const char *path;
    unsigned port, chargers, next, saying;
    uint64_t seconds, end_ns, begin_ns;
    struct charger *all;
    uv_timer_t over;
    uint64_t answers, refused, lost;
    uint32_t bucket[BUCKETS];
} load;

static void fail(const char *what)
{
    fprintf(stderr, "bench-charging-load: %s\n", what);
    exit(EXIT_FAILURE);
}

static void connect_next(void);

/* ---- frames ---- */

/* A text frame of a client; a mask of zeros is one, too. */
static void put_frame(struct charger *c, const char *text, size_t len)
{
    uint8_t *out = (uint8_t *)c->out;

    size_t at = 0;

    out[at++] = 0x81;
    if (len < 126) {
        out[at++] = (uint8_t)(0x80 | len);
    } else {
        out[at++] = 0x80 | 126;
        out[at++] = (uint8_t)(len >> 8);
        out[at++] = (uint8_t)len;
    }
    memset(out + at, 0, 4);
    memcpy(out + at + 4, text, len);
    c->out_len = at + 4 + len;
}

static void write_values(struct charger *c)
{
    char text[OUT_BYTES], time[ROOST_DATETIME_LEN + 1], padding[256];
    struct timespec now;
    double wh = 1000.0 * c->index + 2.1 * (double)c->number;

    clock_gettime(CLOCK_REALTIME, &now);
    roost_datetime_write(time, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    memset(padding, ' ', sizeof padding);
    int len = snprintf(
        text, sizeof text,
        "[2,\"%u-%llu\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":%u,\"meterValue\":[{"
        "\"timestamp\":\"%s\",\"sampledValue\":["
        "{\"value\":\"%.1f\",\"measurand\":\"Energy.Active.Import.Register\",\"unit\":\"Wh\"},"
        "{\"value\":\"%.1f\",\"measurand\":\"Power.Active.Import\",\"unit\":\"W\"},"
        "{\"value\":\"%.1f\",\"measurand\":\"Voltage\",\"unit\":\"V\"},"
        "{\"value\":\"%.1f\",\"measurand\":\"Current.Import\",\"unit\":\"A\"},"
        "{\"value\":\"120.0\",\"measurand\":\"Current.Offered\",\"unit\":\"A\"},"
        "{\"value\":\"%u\",\"measurand\":\"SoC\",\"unit\":\"Percent\"},"
        "{\"value\":\"%.1f\",\"measurand\":\"Temperature\",\"unit\":\"Celcius\"}]}]}]",
        c->index, (unsigned long long)c->number, c->transaction, time, wh,
        8000 + (double)(c->number % 97), 72 + (double)(c->number % 50) / 10,
        110 + (double)(c->number % 30) / 10, (unsigned)(20 + c->number / 50 % 80),
        25 + (double)(c->number % 40) / 10);
    if (len < 0 || len > FRAME_BYTES)
        fail("a message is longer than it should be");
    memcpy(text + len, padding, (size_t)(FRAME_BYTES - len)); /* blanks: JSON, and no value */
    put_frame(c, text, FRAME_BYTES);
}

/* ---- one charger ---- */

static void on_written(uv_write_t *write, int status)
{
    (void)write;
    (void)status; /* the reader sees it */
}

static void send_out(struct charger *c)
{
    uv_buf_t buffer = uv_buf_init(c->out, (unsigned)c->out_len);

    c->asked_ns = uv_hrtime();
    if (uv_write(&c->write, (uv_stream_t *)&c->socket, &buffer, 1, on_written) < 0)
        load.lost++;
}

static void say(struct charger *c)
{
    c->number++;
    write_values(c);
    send_out(c);
}

static void boot(struct charger *c)
{
    static const char text[] = "[2,\"boot\",\"BootNotification\",{\"chargePointVendor\":\"Bench\","
                               "\"chargePointModel\":\"Load\"}]";

    c->state = BOOTING;
    put_frame(c, text, sizeof text - 1);
    send_out(c);
}

static void start(struct charger *c)
{
    char text[256], time[ROOST_DATETIME_LEN + 1];
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    roost_datetime_write(time, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    int len = snprintf(text, sizeof text,
                       "[2,\"start\",\"StartTransaction\",{\"connectorId\":1,\"idTag\":\"T%u\","
                       "\"meterStart\":%u,\"timestamp\":\"%s\"}]",
                       c->index, 1000 * c->index, time);
    c->state = STARTING;
    put_frame(c, text, (size_t)len);
    send_out(c);
}

static unsigned transaction_of(const char *text, size_t len)
{
    static const char key[] = "\"transactionId\":";
    const char *at = memmem(text, len, key, sizeof key - 1);

    if (!at)
        fail("a StartTransaction without its transactionId");
    return (unsigned)strtoul(at + sizeof key - 1, NULL, 10);
}

static void count(uint64_t ns)
{
    uint64_t at = ns / 1000 / BUCKET_US;

    load.answers++;
    load.bucket[at < BUCKETS ? at : BUCKETS - 1]++;
}

static void answered(struct charger *c, const char *text, size_t len)
{
    uint64_t now_ns = uv_hrtime();

    if (len < 2 || text[1] != '3')
        load.refused++;
    if (c->state == BOOTING) {
        start(c);
        return;
    }
    if (c->state == STARTING) {
        c->transaction = transaction_of(text, len);
        c->state = SAYING;
        load.saying++;
        if (load.saying == load.chargers) {
            load.begin_ns = now_ns;
            load.end_ns = now_ns + load.seconds * 1000000000u;
            for (unsigned i = 0; i < load.chargers; i++)
                say(&load.all[i]);
        }
        connect_next();
        return;
    }
    count(now_ns - c->asked_ns);
    if (now_ns < load.end_ns)
        say(c);
    else
        uv_stop(&load.loop);
}

static size_t take_frame(struct charger *c)
{
    const uint8_t *in = (const uint8_t *)c->in;
    size_t head = 2, len;

    if (c->in_len < 2)
        return 0;
    len = in[1] & 0x7F;
    if (len == 126) {
        if (c->in_len < 4)
            return 0;
        len = (size_t)in[2] << 8 | in[3];
        head = 4;
    }
    if (c->in_len < head + len)
        return 0;
    if ((in[0] & 0x0F) == 1)
        answered(c, c->in + head, len);
    return head + len;
}

static void take(struct charger *c)
{
    for (;;) {
        size_t used = 0;

        if (c->state == SHAKING) {
            c->in[c->in_len] = '\0';
            const char *end = strstr(c->in, "\r\n\r\n");
            if (!end)
                return;
            if (strncmp(c->in, "HTTP/1.1 101", 12) != 0)
                fail(c->in);
            used = (size_t)(end + 4 - c->in);
        } else {
            used = take_frame(c);
        }
        if (used == 0)
            return;
        bool shook = c->state == SHAKING;
        c->in_len -= used;
        memmove(c->in, c->in + used, c->in_len);
        if (shook)
            boot(c);
    }
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    struct charger *c = handle->data;

    (void)wanted;
    *buffer = uv_buf_init(c->in + c->in_len, (unsigned)(IN_BYTES - 1 - c->in_len));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct charger *c = stream->data;

    (void)buffer;
    if (len < 0) {
        load.lost++;
        c->state = GONE;
        uv_read_stop(stream);
        return;
    }
    c->in_len += (size_t)len;
    take(c);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct charger *c = connect->data;

    if (status < 0)
        fail(uv_strerror(status));
    c->state = SHAKING;
    uv_tcp_nodelay(&c->socket, 1);
    int len = snprintf(c->out, sizeof c->out,
                       "GET /%s/CP%05u HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                       "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n",
                       load.path, c->index, load.port);
    c->out_len = (size_t)len;
    uv_read_start((uv_stream_t *)&c->socket, on_room, on_read);
    send_out(c);
}

static void connect_next(void)
{
    if (load.next == load.chargers)
        return;
    struct charger *c = &load.all[load.next];

    c->index = load.next++;
    uv_tcp_init(&load.loop, &c->socket);
    c->socket.data = c->connect.data = c;
    if (uv_tcp_connect(&c->connect, &c->socket, (const struct sockaddr *)&load.address,
                       on_connected) < 0)
        fail("cannot connect");
}

/* ---- the report ---- */

static double share_ms(double share)
{
    uint64_t wanted = (uint64_t)(share * (double)load.answers), seen = 0;

    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += load.bucket[i];
        if (seen > wanted)
            return (i + 0.5) * BUCKET_US / 1000.0;
    }
    return 0;
}

static void too_long(uv_timer_t *timer)
{
    (void)timer;
    fail("not all of them were let in");
}

int main(int argc, char **argv)
{
    if (argc != 5)
        fail("PORT PATH CHARGERS SECONDS");
    load.port = (unsigned)strtoul(argv[1], NULL, 10);
    load.path = argv[2];
    load.chargers = (unsigned)strtoul(argv[3], NULL, 10);
    load.seconds = strtoul(argv[4], NULL, 10);
    if (load.chargers == 0 || load.chargers > CHARGERS_MAX || load.port > 65535)
        fail("PORT up to 65535, CHARGERS 1 to 10000");
    load.all = calloc(load.chargers, sizeof *load.all);
    if (!load.all || uv_loop_init(&load.loop) < 0)
        fail("no memory");
    uv_ip4_addr("127.0.0.1", (int)load.port, &load.address);
    uv_timer_init(&load.loop, &load.over);
    uv_timer_start(&load.over, too_long, 1000 * (load.seconds + 60), 0);
    for (unsigned i = 0; i < RAMP; i++)
        connect_next();
    uv_run(&load.loop, UV_RUN_DEFAULT);
    double seconds = (double)(uv_hrtime() - load.begin_ns) / 1e9;
    printf("{\"answers\":%llu,\"seconds\":%.3f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"refused\":%llu,"
           "\"lost\":%llu}\n",
           (unsigned long long)load.answers, seconds, share_ms(0.50), share_ms(0.99),
           (unsigned long long)load.refused, (unsigned long long)load.lost);
    return load.lost > 0 || load.refused > 0;
}
