/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The energy meter's reader on a terminal's line, before a Modbus server that others wrote:
 * libmodbus, in a process of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/err.h"
#include "devices/charger/dcmeter.h"
#include "devices/charger/test/kv_cut.h"

enum { UNIT = 9, BEGINS_WH = 0x00025678, TRIES_MS = 10000 };

static struct {
    int line;
    pid_t server;
    struct kv_cut flash;
    struct charger_dcmeter meter;
    uint64_t register_mwh;
} peer;

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Each request is answered with one Wh more than the one before. */
static void serve(const char *device)
{
    modbus_t *server = modbus_new_rtu(device, 9600, 'N', 8, 2);
    modbus_mapping_t *registers = modbus_mapping_new(0, 0, 0, 8);
    uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    uint32_t wh = BEGINS_WH;

    if (!server || !registers || modbus_set_slave(server, UNIT) < 0 || modbus_connect(server) < 0)
        _exit(1);
    for (;;) {
        int len = modbus_receive(server, query);

        if (len < 0 && errno != EMBBADCRC)
            _exit(2);
        registers->tab_input_registers[4] = (uint16_t)wh;
        registers->tab_input_registers[5] = (uint16_t)(wh >> 16);
        if (len > 0 && modbus_reply(server, query, len, registers) > 0)
            wh++;
    }
}

static int line_write(void *ctx, const void *bytes, size_t len)
{
    (void)ctx;
    return write(peer.line, bytes, len) == (ssize_t)len ? 0 : ROOST_ERR_IO;
}

static int line_read(void *ctx, void *out, size_t room)
{
    ssize_t count = read(peer.line, out, room);

    (void)ctx;
    return count < 0 ? 0 : (int)count;
}

static int begin(void **state)
{
    const struct charger_dcmeter_config config = {.kind = &charger_pzem_017,
                                                  .unit = UNIT,
                                                  .connector = 1,
                                                  .write = line_write,
                                                  .read = line_read,
                                                  .kv = &peer.flash.kv};
    struct termios raw;
    char device[64];
    int other;

    (void)state;
    if (openpty(&peer.line, &other, device, NULL, NULL) < 0 || tcgetattr(other, &raw) < 0)
        return -1;
    cfmakeraw(&raw);
    (void)tcsetattr(other, TCSANOW, &raw);
    (void)fcntl(peer.line, F_SETFL, O_NONBLOCK);
    peer.server = fork();
    if (peer.server == 0)
        serve(device);
    kv_cut_init(&peer.flash);
    return charger_dcmeter_init(&peer.meter, &config);
}

static int end(void **state)
{
    (void)state;
    (void)kill(peer.server, SIGKILL);
    (void)waitpid(peer.server, NULL, 0);
    (void)close(peer.line);
    return 0;
}

/* Goes on until so many answers came, or for so long. */
static void run(uint32_t answers)
{
    for (uint64_t end_ms = now_ms() + TRIES_MS;
         peer.meter.answers < answers && now_ms() < end_ms;) {
        (void)charger_dcmeter_read(&peer.meter, now_ms(), peer.register_mwh, &peer.register_mwh);
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    assert_int_equal(peer.meter.answers, answers);
}

static void its_register_is_read(void **state)
{
    (void)state;
    run(1);
    assert_int_equal(peer.meter.register_mwh, 1000u * BEGINS_WH);
    run(4);
    assert_int_equal(peer.meter.register_mwh, 1000u * (BEGINS_WH + 3));
    assert_int_equal(peer.meter.broken, 0);
}

static void it_refuses_what_it_does_not_have(void **state)
{
    static const struct charger_dcmeter_kind elsewhere = {
        .function = 4, .address = 7, .words = 2, .unit_mwh = 1000};
    uint64_t end_ms = now_ms() + TRIES_MS;

    (void)state;
    peer.meter.config.kind = &elsewhere;
    while (peer.meter.refusals == 0 && now_ms() < end_ms) {
        (void)charger_dcmeter_read(&peer.meter, now_ms(), peer.register_mwh, &peer.register_mwh);
        (void)nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    assert_true(peer.meter.refusals > 0);
    peer.meter.config.kind = &charger_pzem_017;
    run(peer.meter.answers + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_register_is_read),
        cmocka_unit_test(it_refuses_what_it_does_not_have),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
