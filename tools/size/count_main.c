/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the instructions of the hot paths, on the bare machine under -icount, where the counter
 * advances by one an instruction and every run is the same. Prints "count NAME N" a line, and
 * "stack NAME N" for the deepest stack of the window's life. Failed calls end it with exit code 1.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/datetime.h"
#include "core/err.h"
#include "runtime/journal.h"
#include "core/json_read.h"
#include "core/log.h"
#include "core/number.h"
#include "core/queue.h"
#include "devices/charger/blackbox.h"
#include "devices/charger/power/power.h"
#include "devices/charger/profiles/profiles.h"
#include "devices/window/test/fake_world.h"
#include "devices/window/window.h"
#include "proto/climate/payload.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"
#include "proto/ocpp/rpc.h"
#include "tests/rv32/null_port.h"

#define CONTROL                                                                                    \
    "{\"device_id\":\"win-1\",\"timestamp\":\"%s\",\"position\":%s,\"confidence\":0.87,"           \
    "\"features_used\":{\"temperature\":25.5,\"humidity\":60.0,\"sound_volume\":-31.25},"          \
    "\"model_version\":\"v1.2.0\",\"inference_time_ms\":3.5,\"trace_id\":\"4bf92f3577b34da6\"}"

static void need(int good, const char *what)
{
    if (good)
        return;
    printf("failed: %s\n", what);
    exit(1);
}

static uint32_t instructions(void)
{
    uint32_t count;
    __asm__ volatile("csrr %0, minstret" : "=r"(count) : : "memory");
    return count;
}

static uint32_t own_cost; /* of taking the count twice */
static uint32_t started;

static void start(void)
{
    started = instructions();
}

static void stop(const char *name)
{
    uint32_t count = instructions() - started;
    printf("count %s %lu\n", name, (unsigned long)(count - own_cost));
}

static void calibrate(void)
{
    started = instructions();
    own_cost = instructions() - started;
}

/* ---- stack ---- */

enum { PAINTED_WORDS = 4096, PAINT = 0x5AA5C33C };

/* The words right below this call's own frame. */
static __attribute__((noinline)) uint32_t *painted_top(void)
{
    return (uint32_t *)__builtin_frame_address(0) - 64;
}

static void paint(void)
{
    volatile uint32_t *top = painted_top();
    for (int i = 1; i <= PAINTED_WORDS; i++)
        top[-i] = PAINT;
}

static uint32_t stack_bytes(void)
{
    volatile uint32_t *top = painted_top();
    int deepest = PAINTED_WORDS;
    while (deepest > 0 && top[-deepest] == PAINT)
        deepest--;
    return (uint32_t)(deepest + 64) * 4;
}

/* ---- codecs ---- */

static void count_numbers(void)
{
    char text[ROOST_NUMBER_MAX], date[ROOST_DATETIME_LEN + 1];
    double value;
    int64_t unix_ms;

    start();
    need(roost_parse_double("-31.25", 6, &value) == 0, "parse_double");
    stop("number_parse_double");
    start();
    need(roost_write_scaled(text, 25500, 3) == 4, "write_scaled");
    stop("number_write_scaled");
    start();
    need(roost_datetime_parse("2026-11-21T08:00:00.250Z", 24, &unix_ms) == 0, "datetime_parse");
    stop("datetime_parse");
    start();
    roost_datetime_write(date, unix_ms);
    stop("datetime_write");
}

static void count_bytes(void)
{
    static uint8_t bytes[3072];
    static char text[4097];

    memset(bytes, 0xA7, sizeof bytes);
    start();
    size_t len = roost_base64_encode(text, bytes, sizeof bytes);
    stop("base64_encode_3072");
    start();
    need(roost_base64_decode(bytes, sizeof bytes, text, len) == sizeof bytes, "base64_decode");
    stop("base64_decode_3072");
    start();
    double level = roost_sound_level_dbfs(bytes, 2048);
    stop("sound_level_1024");
    need(level < 0.0, "sound_level");
}

static void count_topics(void)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    char text[ROOST_TOPIC_MAX + 1];

    start();
    need(roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, "window/win-1/control", 20,
                          device_id) == CLIMATE_TOPIC_CONTROL,
         "topic_parse");
    stop("topic_parse");
    start();
    need(roost_topic_write(text, sizeof text, &climate_topics[CLIMATE_TOPIC_HUMIDITY], "win-1") > 0,
         "topic_write");
    stop("topic_write");
}

static void count_climate(void)
{
    static struct roost_control control;
    struct roost_reading reading;
    char text[512];

    snprintf(text, sizeof text, CONTROL, "2026-11-21T08:00:00.250Z", "42.5");
    start();
    need(roost_control_parse(&control, text, strlen(text)) == 0, "control_parse");
    stop("control_parse");
    start();
    need(roost_control_write(text, sizeof text, &control) > 0, "control_write");
    stop("control_write");
    start();
    int len = roost_reading_write(text, sizeof text, 25500, 1795248000250, 4711);
    stop("reading_write");
    start();
    need(roost_reading_parse(&reading, CLIMATE_TOPIC_TEMPERATURE, text, (size_t)len) == 0,
         "reading_parse");
    stop("reading_parse");
    struct roost_window_state state = {.position_pct = 12.5, .target_pct = 80, .moving = true};
    start();
    need(roost_window_state_write(text, sizeof text, &state) > 0, "window_state_write");
    stop("window_state_write");
    start();
    need(roost_audio_write_head(text, sizeof text, 16000, 2000, 1795248000250, 7) > 0,
         "audio_head");
    stop("audio_write_head");
}

static void count_fleet(void)
{
    static struct roost_command command;
    static char text[ROOST_STATUS_MAX];
    static const char set[] =
        "{\"id\":\"7f3a\",\"command\":\"set\",\"args\":{\"sample_interval_ms\":500}}";
    struct roost_status status = {.online = true,
                                  .has_health = true,
                                  .seq = 4711,
                                  .type = "window",
                                  .firmware = "1.0.0",
                                  .reset_reason = "power-on",
                                  .uptime_ms = 86400000,
                                  .heap_free_bytes = 150000};
    start();
    need(roost_command_parse(&command, set, sizeof set - 1) == 0, "command_parse");
    stop("command_parse");
    start();
    int len = roost_status_write(text, sizeof text, &status);
    stop("status_write");
    start();
    need(roost_status_parse(&status, text, (size_t)len) == 0, "status_parse");
    stop("status_parse");
}

static void count_journal(void)
{
    static struct null_port flash;
    struct roost_journal journal;
    char record[24] = {0};
    uint64_t seq;

    null_port_init(&flash, NULL, NULL);
    need(roost_journal_init(&journal, &flash.port.journal, 42) == 0, "journal_init");
    need(roost_journal_append(&journal, record, sizeof record, &seq) == 0, "journal_append");
    start();
    need(roost_journal_append(&journal, record, sizeof record, &seq) == 0, "journal_append");
    stop("journal_append_24");
    start();
    need(roost_journal_read(&journal, seq, record, sizeof record, &seq) == sizeof record,
         "journal_read");
    stop("journal_read_24");
}

static uint64_t log_time(void *ctx)
{
    (void)ctx;
    return 12345;
}

static void count_core(void)
{
    static char ring[1024];
    static uint8_t queue_memory[1024];
    struct roost_log log;
    struct roost_queue queue;
    char record[32] = {0};

    roost_log_init(&log, ring, sizeof ring, log_time, NULL, NULL);
    log.level = ROOST_LOG_INFO;
    start();
    ROOST_LOG(&log, ROOST_LOG_INFO, "motor", "moves", RF_INT("position_pct", 12),
              RF_MILLI("target_pct", 80000));
    stop("log_write");
    roost_queue_init(&queue, queue_memory, sizeof queue_memory);
    start();
    need(roost_queue_push(&queue, record, sizeof record, NULL, 0) == 0, "queue_push");
    need(roost_queue_pop(&queue, record, sizeof record) == sizeof record, "queue_pop");
    stop("queue_push_pop_32");
}

/* ---- window ---- */

static struct roost_window window;
static struct null_port null;
static char audio[ROOST_WINDOW_AUDIO_BYTES(8000)];

static int post(void *ctx, const struct roost_event *event)
{
    return roost_window_post(ctx, event);
}

/* Lives through `ms` of quiet life. */
static void live(uint64_t ms)
{
    uint64_t end_ms = null.now_ms + ms;
    while (null.now_ms < end_ms) {
        null_port_pump(&null);
        uint64_t due_ms = roost_window_step(&window);
        null.now_ms = due_ms > null.now_ms ? due_ms : null.now_ms + 1;
    }
    null_port_pump(&null);
    roost_window_step(&window);
}

static void post_control(const char *position)
{
    char text[512], date[ROOST_DATETIME_LEN + 1];
    roost_datetime_write(date, null.port.clock.ops->unix_ms(&null));
    snprintf(text, sizeof text, CONTROL, date, position);
    need(post(&window, &(struct roost_event){.type = ROOST_EV_MQTT_MESSAGE,
                                             .topic = "window/win-1/control",
                                             .data = text,
                                             .len = strlen(text)}) == 0,
         "post control");
}

static int forget(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx, (void)key, (void)value, (void)len;
    return 0;
}

static int remember(void *ctx, const char *key, void *value, size_t size)
{
    (void)ctx, (void)key, (void)value, (void)size;
    return ROOST_ERR_NOT_FOUND;
}

/* As many profiles as there may be, each with all its periods and a minute beside the next one;
 * then the limit of a connector, and the schedule of a station that looks as often as it may. */
static void count_profiles(void)
{
    static struct charger_profiles profiles;
    static struct charger_composite composite;
    static const struct roost_kv_ops ops = {.get = remember, .set = forget};
    static const struct roost_kv kv = {.ops = &ops};
    static const struct charger_profiles_config config = {
        .connectors = 4, .nominal_mv = 80000, .max_tenths_a = 3000, .max_tenths_w = 240000};
    const struct charger_instant now = {.now_ms = 1000, .unix_ms = 1796040000000};
    const struct charger_refusal *why;
    struct charger_limit limit;

    need(charger_profiles_init(&profiles, &kv, &config) == 0, "profiles init");
    for (int i = 0; i < CHARGER_PROFILES_INSTALLED_MAX; i++) {
        struct charger_profile p = {.id = i,
                                    .stack_level = i / 4,
                                    .connector = i % 4,
                                    .purpose = CHARGER_PROFILE_DEFAULT,
                                    .kind = CHARGER_PROFILE_RECURRING,
                                    .unit = CHARGER_WATT,
                                    .has =
                                        CHARGER_PROFILE_HAS_START | CHARGER_PROFILE_HAS_RECURRENCE,
                                    .period_count = CHARGER_PROFILES_PERIODS_MAX,
                                    .start_s = now.unix_ms / 1000 - 100 * 86400 + i * 60};
        for (int k = 0; k < CHARGER_PROFILES_PERIODS_MAX; k++)
            p.periods[k] = (struct charger_period){k * 3600, 50000};
        need(charger_profiles_set(&profiles, &p, &now, &why) == 0, "profile");
    }
    start();
    need(charger_profiles_limit(&profiles, 1, &now, &limit) == 0, "limit");
    stop("profiles_limit");
    need(limit.tenths_w == 50000, "limit");
    start();
    need(charger_profiles_composite(&profiles, 1, 86400, CHARGER_WATT, &now, &composite) == 0,
         "composite");
    stop("profiles_composite_connector");
    start();
    need(charger_profiles_composite(&profiles, 0, 86400, CHARGER_WATT, &now, &composite) == 0,
         "composite");
    stop("profiles_composite_station");
}

static void count_window(void)
{
    const struct roost_window_config config = {.device_id = "win-1",
                                               .firmware_version = "1.0.0",
                                               .broker = {.host = "broker", .port = 8883},
                                               .audio_memory = audio,
                                               .audio_bytes = sizeof audio};
    null_port_init(&null, post, &window);
    start();
    need(roost_window_init(&window, &null.port, &config) == 0, "window init");
    stop("window_init");
    live(127000);
    need(window.device.link.state == ROOST_LINK_UP, "window is up");
    need(window.motor.calibrated, "window is calibrated");

    /* Idle: woken, and nothing to do. */
    start();
    roost_window_step(&window);
    stop("window_step_idle");

    /* Busy: a control message that moves the window, a measurement for the journal and two
     * messages, and the acknowledgements of those before. */
    post_control("80");
    null.measuring = true;
    null_port_pump(&null);
    start();
    roost_window_step(&window);
    stop("window_step_busy");
    need(window_motor_moving(&window.motor), "window moves");

    /* One cycle of the motion. */
    null.now_ms += WINDOW_MOTOR_CYCLE_MS;
    start();
    roost_window_step(&window);
    stop("window_step_moving");

    live(60000);
    int32_t position_mpct = window_motor_position_mpct(&window.motor);
    need(position_mpct > 79000 && position_mpct < 81000, "window went to 80 %");
}

/* From the offer to the restart into it; the port is the one of the window's tests. */
static void live_through_update(void)
{
    static struct fake_port fake;
    static struct fake_world world;
    const struct roost_window_config config = {
        .device_id = "win-1", .firmware_version = "1.2.3", .update = &fake.update};

    fake_init(&fake);
    fake_world_init(&world, &fake);
    fake_use_update(&fake, "window");
    need(roost_window_init(&window, &fake.port, &config) == 0, "window init");
    fake_attach_window(&fake, &window);
    fake_run(&fake, 90000);
    fake_offer(&fake, "1.3.0");
    need(fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":\"1\",\"command\":\"update\"}") == 0,
         "update");
    fake_run(&fake, 10000);
    need(fake.activated && fake.reboots == 1, "restart into the update");
}

/* The seven measurands of the charger (PROTOCOLS 5), with what each holds. */
static void write_meter_values(struct ocpp_writer *w)
{
    static const struct {
        uint16_t measurand, unit;
        int32_t tenths;
    } sampled[] = {
        {OCPP_Energy_Active_Import_Register, OCPP_Wh, 12345},
        {OCPP_Power_Active_Import, OCPP_W, 70000},
        {OCPP_Voltage, OCPP_V, 725},
        {OCPP_Current_Import, OCPP_A, 965},
        {OCPP_Current_Offered, OCPP_A, 1000},
        {OCPP_SoC, OCPP_Percent, 550},
        {OCPP_Temperature, OCPP_Celcius, 310},
    };
    ocpp_write_call(w, "17.4711", OCPP_MSG_MeterValues);
    ocpp_put_int(w, OCPP_connectorId, 1);
    ocpp_put_int(w, OCPP_transactionId, 42);
    ocpp_put_list(w, OCPP_meterValue);
    ocpp_add_object(w);
    ocpp_put_time(w, OCPP_timestamp, 1795248000250);
    ocpp_put_list(w, OCPP_sampledValue);
    for (size_t i = 0; i < sizeof sampled / sizeof sampled[0]; i++) {
        ocpp_add_object(w);
        ocpp_put_scaled(w, OCPP_value, sampled[i].tenths, 1);
        ocpp_put_word(w, OCPP_context, OCPP_Sample_Periodic);
        ocpp_put_word(w, OCPP_measurand, sampled[i].measurand);
        ocpp_put_word(w, OCPP_unit, sampled[i].unit);
        ocpp_end(w);
    }
    ocpp_end(w);
    ocpp_end(w);
    ocpp_end(w);
}

static void count_ocpp(void)
{
    static const struct ocpp_rpc_config central = {.side = OCPP_BY_CS,
                                                   .bytes_max = OCPP_RPC_BYTES_MAX};
    static struct ocpp_rpc rpc;
    static struct ocpp_writer w;
    static char text[1024];

    start();
    ocpp_writer_begin(&w, text, sizeof text);
    write_meter_values(&w);
    int len = ocpp_writer_end(&w);
    stop("ocpp_meter_values_write");
    need(len > 700, "ocpp_writer");
    start();
    ocpp_rpc_begin(&rpc, &central, NULL, OCPP_NO_MESSAGE);
    ocpp_rpc_feed(&rpc, text, (size_t)len);
    need(ocpp_rpc_end(&rpc) == OCPP_RPC_CALL, "ocpp_rpc");
    stop("ocpp_meter_values_read");
}

/* ---- charger ---- */

static struct {
    struct roost_port port;
    struct charger_power power;
    uint16_t lines;
    unsigned left[CAN_BUS_COUNT]; /* frames */
} bench;

static int line_read(void *ctx, unsigned line)
{
    (void)ctx;
    return line == CHARGER_IN_CONTACTOR ? bench.lines >> (8 + CHARGER_OUT_CONTACTOR) & 1 : 1;
}

static int line_write(void *ctx, unsigned line, bool active)
{
    (void)ctx;
    bench.lines = (uint16_t)(active ? bench.lines | 1u << line : bench.lines & ~(1u << line));
    return 0;
}

static int can_start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    (void)ctx;
    return bus < CAN_BUS_COUNT && bit_rate == CAN_BIT_RATE ? 0 : ROOST_ERR_RANGE;
}

static int can_send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    (void)ctx;
    return bus < CAN_BUS_COUNT && frame->len == 8 ? 0 : ROOST_ERR_INVALID;
}

static int can_receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    static const struct roost_can_frame battery = {
        0x1806E5F4, true, 8, {0x03, 0x48, 0x01, 0x2C, 0, 0, 0, 0}};
    static const struct roost_can_frame terminal = {
        0x00433F01, true, 8, {0x42, 0x91, 0, 0, 0x42, 0xF6, 0x80, 0}};

    (void)ctx;
    if (bench.left[bus] == 0)
        return 0;
    bench.left[bus]--;
    *out = bus == CAN_MODULE_BUS ? terminal : battery;
    return 1;
}

static int can_status(void *ctx, unsigned bus, struct roost_can_status *out)
{
    (void)ctx;
    *out = (struct roost_can_status){.state = ROOST_CAN_ACTIVE};
    return bus < CAN_BUS_COUNT ? 0 : ROOST_ERR_RANGE;
}

static int gun_mdegc(void *ctx, int32_t *out)
{
    (void)ctx;
    *out = 25000;
    return 0;
}

/* A cycle that says all there is to say, and hears nothing, a thousand frames a second on each bus,
 * or all that it takes at once. */
static void count_charger(void)
{
    static const struct roost_gpio_ops gpio = {.read = line_read, .write = line_write};
    static const struct roost_can_ops can = {
        .start = can_start, .send = can_send, .receive = can_receive, .status = can_status};
    static const struct {
        const char *name;
        unsigned frames;
    } cycles[] = {{"charger_cycle_idle", 0},
                  {"charger_cycle_busy", 10},
                  {"charger_cycle_flood", CHARGER_LISTEN_MAX}};
    struct charger_power_config config = {
        .port = &bench.port, .gun_mdegc = gun_mdegc, .can_bus = {CAN_BATTERY_BUS, CAN_MODULE_BUS}};

    bench.port.gpio = (struct roost_gpio){&gpio, NULL};
    bench.port.can = (struct roost_can){&can, NULL};
    for (unsigned i = 0; i < CHARGER_INPUT_COUNT; i++)
        config.input[i] = (uint8_t)i;
    for (unsigned i = 0; i < CHARGER_OUTPUT_COUNT; i++)
        config.output[i] = (uint8_t)(CHARGER_INPUT_COUNT + i);
    need(charger_power_init(&bench.power, &config, NULL, 0) == 0, "charger init");
    for (unsigned i = 0; i < sizeof cycles / sizeof cycles[0]; i++) {
        bench.left[CAN_BATTERY_BUS] = bench.left[CAN_MODULE_BUS] = cycles[i].frames;
        start();
        charger_power_cycle(&bench.power, 6000 * (i + 1)); /* all periods are over */
        stop(cycles[i].name);
    }
    need(bench.power.heard.frames >= CHARGER_LISTEN_MAX, "frames heard");
}

/* A terminal's frame of which four bytes are others, while the oldest give way. */
static void count_blackbox(void)
{
    static struct charger_blackbox box;
    struct roost_can_frame frame = {0x00433F01, true, 8, {0x42, 0x91, 0, 0, 0x42, 0xF6, 0x80, 0}};
    uint64_t now_ms = 0;

    charger_blackbox_init(&box, &can_table_default);
    for (unsigned i = 0; i < CHARGER_BLACKBOX_BYTES; i++, now_ms += 100) {
        frame.data[2] = frame.data[3] = frame.data[6] = frame.data[7] = (uint8_t)i;
        charger_blackbox_frame(&box, now_ms, CAN_MODULE_BUS, &frame, false);
    }
    need(box.gone > 0, "black box full");
    frame.data[2] = frame.data[3] = frame.data[6] = frame.data[7] = 0x55;
    start();
    charger_blackbox_frame(&box, now_ms, CAN_MODULE_BUS, &frame, false);
    stop("charger_blackbox_frame");
}

int main(void)
{
    calibrate();
    count_numbers();
    count_bytes();
    count_topics();
    count_climate();
    count_fleet();
    count_ocpp();
    count_core();
    count_journal();
    count_charger();
    count_blackbox();
    count_profiles();
    paint();
    count_window();
    printf("stack window_life %lu\n", (unsigned long)stack_bytes());
    paint();
    live_through_update();
    printf("stack window_update %lu\n", (unsigned long)stack_bytes());
    return 0;
}
