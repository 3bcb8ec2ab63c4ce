/* SPDX-License-Identifier: Apache-2.0 */
/* What comes on CAN: frames, and the state of the buses. */
#include "devices/charger/power/parts.h"

#include "core/assert.h"
#include "core/err.h"

static const struct roost_can *can_of(const struct charger_power *power)
{
    return &power->config.port->can;
}

/* ---- measurements ---- */

static bool terminal(const struct charger_power *power, int32_t *voltage_mv, int32_t *current_ma)
{
    return charger_power_value(power, CAN_TERMINAL_VOLTAGE_MV, CHARGER_TERMINAL_MS, voltage_mv) &&
           charger_power_value(power, CAN_TERMINAL_CURRENT_MA, CHARGER_TERMINAL_MS, current_ma);
}

static bool telemetry(const struct charger_power *power, int32_t *voltage_mv, int32_t *current_ma)
{
    return charger_power_value(power, CAN_TELEMETRY_VOLTAGE_MV, CHARGER_TELEMETRY_MS, voltage_mv) &&
           charger_power_value(power, CAN_TELEMETRY_CURRENT_MA, CHARGER_TELEMETRY_MS, current_ma);
}

bool charger_measured(const struct charger_power *power, int32_t *voltage_mv, int32_t *current_ma)
{
    return terminal(power, voltage_mv, current_ma) || telemetry(power, voltage_mv, current_ma);
}

/* The module's two measurements of the current: what the slower one said lies between what the
 * other said before and after it. While there is nothing to compare, a difference that was seen
 * stays. */
static void compare(struct charger_power *power, int32_t before_ma, int32_t after_ma)
{
    enum { PART = 10, FLOOR_MA = 1000 };
    int32_t low_ma = before_ma < after_ma ? before_ma : after_ma;
    int32_t high_ma = before_ma < after_ma ? after_ma : before_ma;
    int32_t seen_ma = power->heard.value[CAN_TELEMETRY_CURRENT_MA];
    int32_t apart_ma = seen_ma < low_ma ? low_ma - seen_ma : seen_ma - high_ma;
    int32_t size_ma = after_ma < 0 ? -after_ma : after_ma;

    if (apart_ma <= size_ma / PART || apart_ma <= FLOOR_MA)
        power->deviates_ms = ROOST_NEVER;
    else if (power->deviates_ms == ROOST_NEVER)
        power->deviates_ms = power->now_ms;
}

/* Energy is counted by the terminal's frames; by the slower meter while there are none. What they
 * say is held against the limits in the same way. */
static void count(struct charger_power *power, const struct can_message *message)
{
    int32_t voltage_mv, current_ma;

    if (can_has(message, CAN_TELEMETRY_CURRENT_MA)) {
        power->to_compare = true;
        if (terminal(power, &voltage_mv, &current_ma) ||
            !telemetry(power, &voltage_mv, &current_ma))
            return;
    } else if (can_has(message, CAN_TERMINAL_CURRENT_MA)) {
        current_ma = message->value[CAN_TERMINAL_CURRENT_MA];
        if (power->to_compare)
            compare(power, power->terminal_ma, current_ma);
        power->to_compare = false;
        power->terminal_ma = current_ma;
        if (!terminal(power, &voltage_mv, &current_ma))
            return;
    } else {
        return;
    }
    charger_weigh(power, voltage_mv, current_ma);
    if (!power->config.register_mwh)
        (void)charger_meter_add(&power->meter, voltage_mv, current_ma, power->now_ms);
}

/* ---- frames ---- */

static void take(struct charger_power *power, enum can_bus bus, const struct roost_can_frame *frame)
{
    struct charger_heard *heard = &power->heard;
    struct can_message message;

    if (power->config.frame)
        power->config.frame(power->config.frame_ctx, power->now_ms, bus, frame, false);
    int err = can_decode(power->config.table, bus, frame, &message);

    heard->frames++;
    if (err) {
        heard->own += err == ROOST_ERR_REFUSED;
        heard->foreign += err == ROOST_ERR_NOT_FOUND;
        heard->broken += err == ROOST_ERR_TRUNCATED;
        return;
    }
    heard->left_out += message.left_out;
    heard->outside = (heard->outside | message.outside) & ~message.has;
    heard->kind_ms[message.kind] = power->now_ms;
    for (unsigned i = 0; i < CAN_QUANTITY_COUNT; i++)
        if (can_has(&message, (enum can_quantity)i)) {
            heard->value[i] = message.value[i];
            heard->value_ms[i] = power->now_ms;
        }
    count(power, &message);
}

void charger_power_listen(struct charger_power *power, uint64_t now_ms)
{
    const struct roost_can *can = can_of(power);

    power->now_ms = now_ms;
    for (unsigned bus = 0; bus < CAN_BUS_COUNT; bus++) {
        struct roost_can_frame frame;
        for (int i = 0; i < CHARGER_LISTEN_MAX; i++) {
            if (can->ops->receive(can->ctx, power->config.can_bus[bus], &frame) != 1)
                break;
            take(power, (enum can_bus)bus, &frame);
        }
    }
}

/* Another vehicle, perhaps: nothing the last one said is true of it. */
void charger_forget_battery(struct charger_power *power)
{
    struct charger_heard *heard = &power->heard;

    for (unsigned i = CAN_BATTERY_VOLTAGE_MAX_MV; i <= CAN_DISCHARGED_MAH; i++)
        heard->value_ms[i] = ROOST_NEVER;
    heard->kind_ms[CAN_BATTERY] = heard->kind_ms[CAN_CHARGE] = ROOST_NEVER;
}

/* ---- buses ---- */

static void watch_bus(struct charger_power *power, struct charger_bus *bus, unsigned number)
{
    const struct roost_can *can = can_of(power);
    struct roost_can_status status = {.state = ROOST_CAN_STOPPED};
    enum roost_can_state before = bus->state;

    if (can->ops->status(can->ctx, number, &status) == 0)
        bus->overruns = status.overruns;
    bus->state = status.state;
    if (status.state == ROOST_CAN_ACTIVE || status.state == ROOST_CAN_PASSIVE) {
        if (bus->up_ms == ROOST_NEVER)
            bus->up_ms = power->now_ms;
        return;
    }
    bus->up_ms = ROOST_NEVER;
    bus->offs += before == ROOST_CAN_ACTIVE || before == ROOST_CAN_PASSIVE;
    if (charger_younger(bus->recover_ms, CHARGER_RECOVER_MS - 1, power->now_ms))
        return;
    bus->recover_ms = power->now_ms;
    bus->recoveries++;
    if (status.state == ROOST_CAN_BUS_OFF)
        (void)can->ops->recover(can->ctx, number);
    else
        (void)can->ops->start(can->ctx, number, CAN_BIT_RATE);
}

void charger_watch_buses(struct charger_power *power)
{
    for (unsigned i = 0; i < CAN_BUS_COUNT; i++)
        watch_bus(power, &power->bus[i], power->config.can_bus[i]);
}

/* ---- what is known ---- */

bool charger_power_value(const struct charger_power *power, enum can_quantity quantity,
                         uint32_t max_age_ms, int32_t *out)
{
    ROOST_ASSERT(quantity < CAN_QUANTITY_COUNT);
    if (!charger_younger(power->heard.value_ms[quantity], max_age_ms, power->now_ms))
        return false;
    *out = power->heard.value[quantity];
    return true;
}

int32_t charger_power_capacity_mah(const struct charger_power *power)
{
    static const struct {
        int32_t up_to_ma, capacity_mah;
    } sizes[] = {{30000, 30000}, {60000, 60000}, {INT32_MAX, 90000}};
    int32_t current_ma;
    unsigned i = 0;

    if (!charger_power_value(power, CAN_BATTERY_CURRENT_MAX_MA, CHARGER_BATTERY_SILENT_MS,
                             &current_ma))
        return 0;
    while (current_ma > sizes[i].up_to_ma)
        i++;
    return sizes[i].capacity_mah;
}

int32_t charger_power_soc_permille(const struct charger_power *power)
{
    int32_t charged_mah, discharged_mah, capacity_mah = charger_power_capacity_mah(power);

    if (capacity_mah == 0 ||
        !charger_power_value(power, CAN_CHARGED_MAH, CHARGER_BATTERY_SILENT_MS, &charged_mah) ||
        !charger_power_value(power, CAN_DISCHARGED_MAH, CHARGER_BATTERY_SILENT_MS, &discharged_mah))
        return -1;
    int32_t held_mah = charged_mah - discharged_mah;
    if (held_mah < 0 || held_mah > capacity_mah)
        return -1; /* the counters are not of one life */
    return held_mah * 10 / (capacity_mah / 100);
}
