/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware drivers of port/esp-idf on a chip in virtual time (fake/chip.h): the conformance
 * suite's tests of sensor, microphone, motor, loudspeaker, light, lines and CAN, with each of the
 * parts in turn, and what the suite cannot bring about. A real chip's timing is not shown by this.
 */
#include "port/conformance_tests.h"

#include <stdlib.h>

#include "devices/window/motor.h"
#include "firmware/window/main/model.h"
#include "port/esp-idf/esp_hw.h"
#include "port/esp-idf/esp_queue.h"
#include "tests/esp32/fake/chip.h"

enum { TRAVEL_STEPS = 4000, INPUT_LINE = 0, OUTPUT_LINE = 1, QUEUE_EVENTS = 32 };

static struct roost_conformance suite;
static struct roost_port modelled, with_servo, with_stepper, with_bme280, with_duplex;

/* ---- the port's queue, and time ---- */

static struct {
    struct roost_event events[QUEUE_EVENTS];
    size_t count;
    struct {
        void (*call)(void *arg);
        void *arg;
    } calls[ESP_QUEUE_CALLS];
} queue;

int esp_queue_post(const struct roost_event *event)
{
    for (size_t i = 0; i < queue.count; i++)
        if (queue.events[i].type == event->type && queue.events[i].token == event->token) {
            queue.events[i] = *event;
            return 0;
        }
    assert_true(queue.count < QUEUE_EVENTS);
    queue.events[queue.count++] = *event;
    return 0;
}

void esp_queue_call(unsigned number, void (*call)(void *arg), void *arg)
{
    assert_true(number < ESP_QUEUE_CALLS);
    queue.calls[number].call = call;
    queue.calls[number].arg = arg;
}

static void run_calls(void)
{
    for (unsigned i = 0; i < ESP_QUEUE_CALLS; i++) {
        void (*call)(void *arg) = queue.calls[i].call;

        queue.calls[i].call = NULL;
        if (call)
            call(queue.calls[i].arg);
    }
}

BaseType_t esp_queue_post_from_isr(const struct roost_event *event)
{
    (void)esp_queue_post(event);
    return pdTRUE;
}

static bool run_until(void *ctx, bool (*done)(void *arg), void *arg, uint32_t limit_ms)
{
    int64_t end_us = chip_now_us() + (int64_t)limit_ms * 1000;

    for (;;) {
        run_calls();
        size_t count = queue.count;

        queue.count = 0;
        for (size_t i = 0; i < count; i++)
            (void)roost_conformance_post(ctx, &queue.events[i]);
        if (done(arg))
            return true;
        if (chip_now_us() >= end_us)
            return false;
        chip_pass();
    }
}

static void pass_ms(int ms)
{
    for (int i = 0; i < 10 * ms; i++)
        chip_pass();
}

static void drive(void *ctx, bool active)
{
    (void)ctx;
    chip_drive(CHIP_INPUT_PIN, !active); /* active low */
}

static int look(void *ctx)
{
    (void)ctx;
    return chip_output(CHIP_OUTPUT_PIN);
}

static int peer_start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    struct roost_can_frame old;

    (void)ctx;
    (void)bus;
    assert_int_equal(bit_rate, CHIP_CAN_BIT_RATE);
    while (!chip_outside.can_peer && chip_can_take(&old)) {
    }
    chip_outside.can_peer = true;
    return 0;
}

static int peer_send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    (void)ctx;
    (void)bus;
    return chip_can_send(frame) ? 0 : ROOST_ERR_FULL;
}

static int peer_receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    (void)ctx;
    (void)bus;
    return chip_can_take(out) ? 1 : 0;
}

static int peer_stop(void *ctx, unsigned bus)
{
    (void)ctx;
    (void)bus;
    chip_outside.can_peer = false;
    return 0;
}

static const struct roost_can_ops peer_ops = {
    .start = peer_start, .send = peer_send, .receive = peer_receive, .stop = peer_stop};

static void disturb(void *ctx, uint32_t frames)
{
    (void)ctx;
    chip_outside.can_disturbed = frames;
}

/* ---- parts ---- */

static const struct esp_part lines =
    ESP_LINES({.number = INPUT_LINE, .pin = CHIP_INPUT_PIN, .active_low = true},
              {.number = OUTPUT_LINE, .pin = CHIP_OUTPUT_PIN, .output = true});
static const struct esp_part dht22 = ESP_DHT22(.data_pin = CHIP_DHT22_PIN);
static const struct esp_part bme280 =
    ESP_BME280(.sda_pin = CHIP_SDA_PIN, .scl_pin = CHIP_SCL_PIN, .address = 0x76);
static const struct esp_part servo =
    ESP_SERVO(.pulse_pin = CHIP_SERVO_PIN, .feedback_pin = CHIP_FEEDBACK_PIN,
              .current_pin = CHIP_CURRENT_PIN, .feedback_closed_mv = CHIP_FEEDBACK_CLOSED_MV,
              .feedback_open_mv = CHIP_FEEDBACK_OPEN_MV);
static const struct esp_part stepper =
    ESP_STEPPER(.step_pin = CHIP_STEP_PIN, .direction_pin = CHIP_DIRECTION_PIN,
                .enable_pin = CHIP_ENABLE_PIN, .encoder_a_pin = CHIP_ENCODER_A_PIN,
                .encoder_b_pin = CHIP_ENCODER_B_PIN, .travel_steps = TRAVEL_STEPS);
static const struct esp_part inmp441 =
    ESP_INMP441(.clock_pin = CHIP_I2S_CLOCK_PIN, .select_pin = CHIP_I2S_SELECT_PIN,
                .data_pin = CHIP_I2S_DATA_PIN);
static const struct esp_part duplex =
    ESP_DUPLEX(.clock_pin = CHIP_I2S_CLOCK_PIN, .select_pin = CHIP_I2S_SELECT_PIN,
               .in_pin = CHIP_I2S_DATA_PIN, .out_pin = CHIP_I2S_OUT_PIN);
static const struct esp_part led = ESP_LED(.pin = CHIP_LED_PIN);
static const struct esp_part twai =
    ESP_TWAI(.bus = 0, .tx_pin = CHIP_CAN_TX_PIN, .rx_pin = CHIP_CAN_RX_PIN);
static const struct esp_part models[] = {WINDOW_MODEL_CLIMATE(), WINDOW_MODEL_MOTOR(),
                                         WINDOW_MODEL_AUDIO()};

static int make(const struct esp_part *part, struct roost_port *port)
{
    return part->driver->init(part->config, port);
}

static int make_ports(void)
{
    int err = make(&lines, &with_servo);

    modelled.gpio = with_bme280.gpio = with_duplex.gpio = with_servo.gpio;
    if (err == 0)
        err = make(&duplex, &with_duplex);
    if (err == 0)
        err = make(&led, &with_duplex);
    if (err == 0)
        err = make(&dht22, &with_servo);
    if (err == 0)
        err = make(&inmp441, &with_servo);
    with_stepper = with_servo;
    if (err == 0)
        err = make(&servo, &with_servo);
    if (err == 0)
        err = make(&stepper, &with_stepper);
    if (err == 0)
        err = make(&bme280, &with_bme280);
    if (err == 0)
        err = make(&twai, &with_bme280);
    for (size_t i = 0; err == 0 && i < 3; i++)
        err = make(&models[i], &modelled);
    return err;
}

/* ---- what the suite cannot bring about ---- */

static struct roost_event measured(const struct roost_climate_sensor *climate)
{
    queue.count = 0;
    int64_t asked_us = chip_now_us();
    assert_int_equal(climate->ops->measure(climate->ctx), 0);
    while (queue.count == 0) {
        assert_true(chip_now_us() - asked_us <= 3000000);
        chip_pass();
    }
    assert_int_equal(queue.events[0].type, ROOST_EV_CLIMATE);
    return queue.events[0];
}

static void test_dht22_that_fails(void **state)
{
    (void)state;
    chip_outside.dht22_silent = true;
    assert_int_equal(measured(&with_servo.climate).status, ROOST_ERR_TIMEOUT);
    chip_outside.dht22_silent = false;
    chip_outside.dht22_bytes[4] ^= 1;
    assert_int_equal(measured(&with_servo.climate).status, ROOST_ERR_CORRUPT);
    chip_outside.dht22_bytes[4] ^= 1;
    struct roost_event event = measured(&with_servo.climate);
    assert_int_equal(event.status, 0);
    assert_int_equal(event.climate.temperature_mdegc, -10100);
    assert_int_equal(event.climate.humidity_mpct, 65800);
}

static void test_bme280_that_fails(void **state)
{
    (void)state;
    chip_outside.bme280_away = true;
    assert_int_equal(measured(&with_bme280.climate).status, ROOST_ERR_TIMEOUT);
    chip_outside.bme280_away = false;
    chip_outside.bme280_id = 0x58; /* a BMP280: no humidity */
    assert_int_equal(measured(&with_bme280.climate).status, ROOST_ERR_CORRUPT);
    chip_outside.bme280_id = 0x60;
    struct roost_event event = measured(&with_bme280.climate);
    assert_int_equal(event.status, 0);
    assert_int_equal(event.climate.temperature_mdegc, 25080);
    assert_in_range(event.climate.humidity_mpct, 20000, 80000);
}

static struct roost_can_status can_status(void)
{
    struct roost_can_status now;

    assert_int_equal(with_bme280.can.ops->status(with_bme280.can.ctx, 0, &now), 0);
    return now;
}

/* Stopped in bus-off and while it recovers, and started again, at another bit rate too. */
static void test_can_restarts(void **state)
{
    const struct roost_can *can = &with_bme280.can;
    const struct roost_can_frame frame = {.id = 5, .len = 1};

    (void)state;
    assert_int_equal(can->ops->start(can->ctx, 1, 250000), ROOST_ERR_RANGE);
    assert_int_equal(can->ops->stop(can->ctx, 0), 0);
    assert_int_equal(can->ops->start(can->ctx, 0, 123456), ROOST_ERR_UNSUPPORTED);
    for (int recovering = 0; recovering < 2; recovering++) {
        assert_int_equal(can->ops->start(can->ctx, 0, 500000), 0);
        assert_int_equal(can->ops->start(can->ctx, 0, 500000), ROOST_ERR_STATE);
        chip_outside.can_disturbed = 32;
        assert_int_equal(can->ops->send(can->ctx, 0, &frame), 0);
        pass_ms(100);
        assert_int_equal(can_status().state, ROOST_CAN_BUS_OFF);
        if (recovering)
            assert_int_equal(can->ops->recover(can->ctx, 0), 0);
        assert_int_equal(can->ops->stop(can->ctx, 0), 0);
        assert_int_equal(can_status().state, ROOST_CAN_STOPPED);
        assert_int_equal(can->ops->start(can->ctx, 0, 500000), 0);
        pass_ms(200);
        assert_int_equal(can_status().state, ROOST_CAN_ACTIVE);
        assert_int_equal(can->ops->stop(can->ctx, 0), 0);
        assert_int_equal(can->ops->start(can->ctx, 0, 1000000), 0);
        assert_int_equal(can->ops->stop(can->ctx, 0), 0);
    }
}

/* 0 dBFS of the samples is 15 dB under the microphone's. */
static void test_inmp441_level(void **state)
{
    const struct roost_audio_in *in = &with_servo.audio_in;
    static const struct {
        int32_t raw;
        int16_t pcm;
    } known[] = {{0, 0}, {420426, 9237}, {-420426, -9239}, {8388607, 32767}, {-8388608, -32768}};
    int16_t samples[64];

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        chip_outside.sample = known[i].raw;
        assert_int_equal(in->ops->start(in->ctx, 8000), 0);
        pass_ms(400); /* of 512 in which the part is not up */
        assert_int_equal(in->ops->read(in->ctx, samples, 64), 0);
        pass_ms(200);
        assert_int_equal(in->ops->read(in->ctx, samples, 64), 64);
        assert_int_equal(samples[63], known[i].pcm);
        assert_int_equal(in->ops->stop(in->ctx), 0);
    }
    assert_int_equal(in->ops->start(in->ctx, 7999), ROOST_ERR_RANGE);
    assert_int_equal(in->ops->start(in->ctx, 48001), ROOST_ERR_RANGE);
}

/* Opened, the microphone is heard at once: it was never without its clock. */
static void test_duplex_hears(void **state)
{
    const struct roost_audio_in *in = &with_duplex.audio_in;
    int16_t samples[1600];

    (void)state;
    chip_outside.sample = 420426;
    pass_ms(400);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(in->ops->start(in->ctx, 8000), ROOST_ERR_UNSUPPORTED);
        assert_int_equal(in->ops->start(in->ctx, 16000), 0);
        assert_int_equal(in->ops->start(in->ctx, 16000), ROOST_ERR_STATE);
        assert_int_equal(in->ops->read(in->ctx, samples, 1600), 0); /* nothing from before */
        pass_ms(51);
        int got = in->ops->read(in->ctx, samples, 1600);
        assert_in_range(got, 640, 960);
        for (int at = 0; at < got; at++)
            assert_int_equal(samples[at], 9237);
        assert_int_equal(in->ops->stop(in->ctx), 0);
        pass_ms(300);
    }
    chip_outside.sample = 42000;
}

/* Both of the amplifier's slots have the sample; a stop is silence at once, also of what the DMA
 * has already. */
static void test_duplex_speaks(void **state)
{
    const struct roost_audio_out *out = &with_duplex.audio_out;
    int16_t tone[960];

    (void)state;
    for (int i = 0; i < 960; i++)
        tone[i] = -1234;
    pass_ms(100);
    uint64_t before = chip_outside.heard;
    assert_int_equal(out->ops->start(out->ctx, 22050), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(out->ops->start(out->ctx, 16000), 0);
    assert_int_equal(out->ops->write(out->ctx, tone, 960), 960);
    assert_int_equal(out->ops->write(out->ctx, tone, 960), 0);
    pass_ms(61);
    assert_int_equal(chip_outside.heard_last[0], -1234 * 65536);
    assert_int_equal(chip_outside.heard_last[1], -1234 * 65536);
    assert_true(out->ops->buffered(out->ctx) > 0);
    pass_ms(100);
    assert_int_equal(out->ops->buffered(out->ctx), 0);
    assert_int_equal(chip_outside.heard - before, 960);
    assert_int_equal(out->ops->write(out->ctx, tone, 960), 960);
    pass_ms(65);
    assert_int_equal(out->ops->stop(out->ctx), 0);
    uint64_t heard = chip_outside.heard;
    pass_ms(200);
    assert_true(chip_outside.heard <= heard);
    assert_true(heard - before < 2 * 960);
}

static void test_led_shows(void **state)
{
    const struct roost_light *light = &with_duplex.light;
    struct roost_light_pattern pattern = {ROOST_LIGHT_STEADY, 10, 255, 3, 0};
    uint32_t least = 4096, most = 0;

    (void)state;
    assert_int_equal(light->ops->show(light->ctx, &pattern), 0);
    pass_ms(30);
    assert_int_equal(chip_outside.led_duty, 4096);
    pattern.green = 127;
    assert_int_equal(light->ops->show(light->ctx, &pattern), 0);
    pass_ms(30);
    assert_in_range(chip_outside.led_duty, 1000, 1030);
    for (int shape = ROOST_LIGHT_BLINK; shape <= ROOST_LIGHT_BREATHE; shape++) {
        pattern = (struct roost_light_pattern){(uint8_t)shape, 0, 0, 255, 1000};
        least = 4096;
        most = 0;
        unsigned between = 0;
        assert_int_equal(light->ops->show(light->ctx, &pattern), 0);
        for (int ms = 0; ms < 3000; ms += 10) {
            pass_ms(10);
            uint32_t duty = chip_outside.led_duty;
            least = duty < least ? duty : least;
            most = duty > most ? duty : most;
            between += duty > 100 && duty < 3900;
        }
        assert_true(least < 60 && most > 3700);
        assert_true(shape == ROOST_LIGHT_BLINK ? between < 10 : between > 100);
    }
    pattern.shape = ROOST_LIGHT_OFF;
    assert_int_equal(light->ops->show(light->ctx, &pattern), 0);
    pass_ms(30);
    assert_int_equal(chip_outside.led_duty, 0);
}

static void test_servo_feedback(void **state)
{
    const struct roost_motor *motor = &with_servo.motor;
    struct roost_motor_sense sense;

    (void)state;
    assert_int_equal(motor->ops->set(motor->ctx, 2000), 0);
    pass_ms(3000);
    assert_int_equal(motor->ops->sense(motor->ctx, &sense), 0);
    assert_in_range(sense.position_raw, 1994, 2006);
    assert_in_range(sense.current_ma, CHIP_CURRENT_MA - 2, CHIP_CURRENT_MA + 2);
    chip_outside.feedback_cut = true;
    assert_int_equal(motor->ops->sense(motor->ctx, &sense), ROOST_ERR_FAULT);
    chip_outside.feedback_cut = false;
    assert_int_equal(motor->ops->sense(motor->ctx, &sense), 0);
    assert_int_equal(motor->ops->release(motor->ctx), 0);
}

static struct roost_motor_sense stepper_sense(void)
{
    struct roost_motor_sense sense;

    assert_int_equal(with_stepper.motor.ops->sense(with_stepper.motor.ctx, &sense), 0);
    return sense;
}

static void stepper_go(int32_t raw)
{
    assert_int_equal(with_stepper.motor.ops->set(with_stepper.motor.ctx, raw), 0);
    pass_ms(6000);
}

/* Lost steps show as current and are not made up for; a release forgets them. */
static void test_stepper_that_is_stopped(void **state)
{
    (void)state;
    stepper_go(1000);
    assert_int_equal(stepper_sense().position_raw, 1000);
    assert_int_equal(stepper_sense().current_ma, 0);
    assert_false(chip_stepping());
    chip_outside.rotor_high = chip_outside.rotor + 100;
    stepper_go(1400);
    assert_int_equal(stepper_sense().position_raw, 1100);
    assert_true(stepper_sense().current_ma > 20000);
    assert_false(chip_stepping());
    assert_int_equal(with_stepper.motor.ops->release(with_stepper.motor.ctx), 0);
    assert_int_equal(stepper_sense().current_ma, 0);
    assert_int_equal(chip_output(CHIP_ENABLE_PIN), 1);
    stepper_go(900);
    assert_int_equal(stepper_sense().position_raw, 900);
    assert_int_equal(stepper_sense().current_ma, 0);
    chip_outside.rotor_high = 100000;
}

static int no_value(void *ctx, const char *key, void *value, size_t size)
{
    (void)ctx;
    (void)key;
    (void)value;
    (void)size;
    return ROOST_ERR_NOT_FOUND;
}

static int keep(void *ctx, const char *key, const void *value, size_t len)
{
    (void)ctx;
    (void)key;
    (void)value;
    (void)len;
    return 0;
}

static int forget(void *ctx, const char *key)
{
    (void)ctx;
    (void)key;
    return 0;
}

/* The window finds both ends of its travel by the steps that are lost there. */
static void test_stepper_calibrates(void **state)
{
    static const struct roost_kv_ops kv_ops = {.get = no_value, .set = keep, .erase = forget};
    const struct roost_kv kv = {.ops = &kv_ops};
    struct window_motor motor;
    struct roost_log log = {0};
    struct window_order order = {.kind = WINDOW_ORDER_CALIBRATE};
    int32_t base = chip_outside.rotor - stepper_sense().position_raw;

    (void)state;
    chip_outside.rotor_low = base + 150;
    chip_outside.rotor_high = base + 3600;
    assert_int_equal(window_motor_init(&motor, &with_stepper.motor, &kv, &log), 0);
    motor.limits = (struct window_motor_limits){.speed_pct_s = 20,
                                                .acceleration_pct_s2 = 40,
                                                .lag_pct = 5,
                                                .current_ma = 600,
                                                .stall_ms = 400};
    for (int ms = 0; ms < 120000 && motor.state != WINDOW_MOTOR_HOLDING; ms += 5) {
        pass_ms(5);
        (void)window_motor_run(&motor, &order, (uint64_t)chip_now_us() / 1000);
        if (motor.calibrated && motor.state == WINDOW_MOTOR_RELEASED)
            order = (struct window_order){.kind = WINDOW_ORDER_GO, .target_mpct = 80000};
    }
    assert_int_equal(motor.state, WINDOW_MOTOR_HOLDING);
    assert_in_range(motor.travel.closed_raw, 140, 160);
    assert_in_range(motor.travel.open_raw, 3590, 3610);
    assert_in_range(window_motor_position_mpct(&motor), 79000, 81000);
    assert_int_equal(motor.stalls, 0);
}

static const struct esp_part no_pin = ESP_DHT22(.data_pin = 22);
static const struct esp_part not_adc1 =
    ESP_SERVO(.pulse_pin = CHIP_SERVO_PIN, .feedback_pin = CHIP_OUTPUT_PIN,
              .current_pin = CHIP_CURRENT_PIN, .feedback_closed_mv = CHIP_FEEDBACK_CLOSED_MV,
              .feedback_open_mv = CHIP_FEEDBACK_OPEN_MV);
static const struct esp_part deaf =
    ESP_INMP441(.clock_pin = CHIP_I2S_CLOCK_PIN, .select_pin = CHIP_I2S_SELECT_PIN,
                .data_pin = ESP_PIN_NONE);
static const struct esp_part mute =
    ESP_DUPLEX(.clock_pin = CHIP_I2S_CLOCK_PIN, .select_pin = CHIP_I2S_SELECT_PIN,
               .in_pin = CHIP_I2S_DATA_PIN, .out_pin = ESP_PIN_NONE);
static const struct esp_part dark = ESP_LED(.pin = ESP_PIN_NONE);
static const struct esp_part half_an_encoder =
    ESP_STEPPER(.step_pin = CHIP_STEP_PIN, .direction_pin = CHIP_DIRECTION_PIN,
                .enable_pin = CHIP_ENABLE_PIN, .encoder_a_pin = CHIP_ENCODER_A_PIN,
                .encoder_b_pin = ESP_PIN_NONE, .travel_steps = TRAVEL_STEPS);
static const struct esp_part no_line =
    ESP_LINES({.number = ROOST_GPIO_LINES, .pin = CHIP_INPUT_PIN});
static const struct esp_part second = ESP_TWAI(.bus = 1, .tx_pin = 3, .rx_pin = 4);

/* A part that cannot be set up is one that is not there. */
static void test_wrong_pins(void **state)
{
    struct roost_port port = {0};
    struct roost_motor_sense sense;
    int32_t low, high;

    (void)state;
    assert_int_equal(make(&no_pin, &port), ROOST_ERR_RANGE);
    assert_int_equal(port.climate.ops->measure(port.climate.ctx), ROOST_ERR_FAULT);
    assert_int_equal(make(&not_adc1, &port), ROOST_ERR_RANGE);
    assert_int_equal(port.motor.ops->range(port.motor.ctx, &low, &high), 0);
    assert_int_equal(port.motor.ops->set(port.motor.ctx, 1000), ROOST_ERR_FAULT);
    assert_int_equal(port.motor.ops->release(port.motor.ctx), ROOST_ERR_FAULT);
    assert_int_equal(port.motor.ops->sense(port.motor.ctx, &sense), ROOST_ERR_FAULT);
    assert_int_equal(make(&deaf, &port), ROOST_ERR_RANGE);
    assert_int_equal(port.audio_in.ops->start(port.audio_in.ctx, 8000), ROOST_ERR_FAULT);
    assert_int_equal(make(&mute, &port), ROOST_ERR_RANGE);
    assert_int_equal(port.audio_in.ops->start(port.audio_in.ctx, 16000), ROOST_ERR_FAULT);
    assert_int_equal(port.audio_out.ops->start(port.audio_out.ctx, 16000), ROOST_ERR_FAULT);
    assert_int_equal(port.audio_out.ops->write(port.audio_out.ctx, NULL, 0), ROOST_ERR_STATE);
    assert_int_equal(port.audio_out.ops->buffered(port.audio_out.ctx), ROOST_ERR_STATE);
    assert_int_equal(port.audio_out.ops->underruns(port.audio_out.ctx), 0);
    assert_int_equal(make(&dark, &port), ROOST_ERR_RANGE);
    const struct roost_light_pattern off = {.shape = ROOST_LIGHT_OFF};
    assert_int_equal(port.light.ops->show(port.light.ctx, &off), ROOST_ERR_FAULT);
    assert_int_equal(make(&half_an_encoder, &port), ROOST_ERR_RANGE);
    assert_int_equal(make(&no_line, &port), ROOST_ERR_RANGE);
    assert_int_equal(port.gpio.ops->read(port.gpio.ctx, ROOST_GPIO_LINES), ROOST_ERR_RANGE);
    assert_int_equal(make(&second, &port), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(port.can.ops->stop(port.can.ctx, 1), ROOST_ERR_RANGE);
}

/* A call that the chip's timer queued is not for a timer that was stopped, or armed anew. */
static void test_model_that_is_stopped(void **state)
{
    const struct roost_audio_in *in = &modelled.audio_in;

    (void)state;
    assert_int_equal(in->ops->start(in->ctx, 8000), 0);
    pass_ms(150); /* the call waits in the queue */
    assert_int_equal(in->ops->stop(in->ctx), 0);
    assert_int_equal(in->ops->start(in->ctx, 8000), 0);
    queue.count = 0;
    run_calls();
    assert_int_equal(queue.count, 0);
    pass_ms(110);
    run_calls();
    assert_int_equal(queue.count, 1);
    assert_int_equal(queue.events[0].type, ROOST_EV_AUDIO_READY);
    assert_int_equal(in->ops->stop(in->ctx), 0);
    pass_ms(200);
    run_calls();
    assert_int_equal(queue.count, 1);
}

/* ---- runs ---- */

static int run_suite(const char *name, struct roost_port *port)
{
    const struct conformance_group groups[] = {conformance_hardware_group(),
                                               conformance_gpio_group(), conformance_sound_group(),
                                               conformance_can_group()};
    struct CMUnitTest tests[32];
    size_t count = 0;

    for (size_t i = 0; i < (port->can.ops ? 4 : 3); i++)
        for (size_t j = 0; j < groups[i].count; j++) {
            tests[count] = groups[i].tests[j];
            tests[count++].initial_state = &suite;
        }
    suite = (struct roost_conformance){
        .name = name,
        .port = port,
        .ctx = &suite,
        .run_until = run_until,
        .gpio = {.input = INPUT_LINE, .output = OUTPUT_LINE, .drive = drive, .look = look},
        .can = {.bus = 0,
                .peer = {.ops = &peer_ops},
                .bit_rate = CHIP_CAN_BIT_RATE,
                .disturb = disturb}};
    queue.count = 0;
    int failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    return failed + (suite.posted_inside_an_operation ? 1 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dht22_that_fails),
        cmocka_unit_test(test_bme280_that_fails),
        cmocka_unit_test(test_can_restarts),
        cmocka_unit_test(test_inmp441_level),
        cmocka_unit_test(test_duplex_hears),
        cmocka_unit_test(test_duplex_speaks),
        cmocka_unit_test(test_led_shows),
        cmocka_unit_test(test_servo_feedback),
        cmocka_unit_test(test_stepper_that_is_stopped),
        cmocka_unit_test(test_stepper_calibrates),
        cmocka_unit_test(test_wrong_pins),
        cmocka_unit_test(test_model_that_is_stopped),
    };

    chip_drive(CHIP_INPUT_PIN, 1);
    chip_outside.sample = 42000;
    if (make_ports() < 0)
        return 1;
    int failed = run_suite("models", &modelled);
    failed += run_suite("DHT22, servo, INMP441", &with_servo);
    failed += run_suite("DHT22, stepper, INMP441", &with_stepper);
    failed += run_suite("BME280, CAN", &with_bme280);
    failed += run_suite("INMP441 and MAX98357A, led", &with_duplex);
    return failed + cmocka_run_group_tests_name("drivers", tests, NULL, NULL);
}
