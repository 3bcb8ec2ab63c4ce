/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power is cut at every operation of flash and store of whole sessions, from the plug to the
 * wire, in each state of a connector: before the operation, within and behind it; and again at
 * every operation of the recovery. Whatever was cut, afterwards each Start has one Stop, nothing
 * waits or runs, the register is the model's energy but for what the rules of the ledger say, and
 * what was answered holds.
 *
 *     whole_cuts_test            all of it
 *     whole_cuts_test ID         the one that failed, as its id says: scene, cycle, operation in
 *                                it, kind; operation of the recovery (0: none), kind
 */
#define RIG_STEP_MWH 10000 /* as the device has it */
#include "devices/charger/ocpp/test/book.h"

#include "devices/charger/station/test/states.h"

enum { SESSION_MS = 60000, OFF_MS = 3000, SETTLED = 40, RECOVERY = 400 };
enum { BUDGET_WH = STEP_MWH / 1000 + 1, READING_WH = 1 };

/* ---- scenes: what happens when ---- */

static void go_on_line(void)
{
    open_socket();
}

static void go_off_line(void)
{
    drop_socket();
}

static void plug_in(void)
{
    plug(1, true);
}

static void pull(void)
{
    plug(1, false);
}

static void card(void)
{
    charger_station_card(&rig.station, 1, "A");
}

static void battery_refuses(void)
{
    hurt(1, WORLD_CHARGER_BATTERY_REFUSES, true);
}

static void earth_gone(void)
{
    hurt(1, WORLD_CHARGER_NO_EARTH, true);
}

static void mended(void)
{
    hurt(1, WORLD_CHARGER_BATTERY_REFUSES, false);
    hurt(1, WORLD_CHARGER_NO_EARTH, false);
}

static void close_it(void)
{
    hear("[2,\"close\",\"ChangeAvailability\",{\"connectorId\":1,\"type\":\"Inoperative\"}]");
}

static void reserve_it(void)
{
    hear("[2,\"reserve\",\"ReserveNow\",{\"connectorId\":1,\"idTag\":\"A\",\"reservationId\":7,"
         "\"expiryDate\":\"2036-12-01T00:00:00Z\"}]");
}

static void hold(void)
{
    hear("[2,\"hold\",\"SetChargingProfile\",{\"connectorId\":1,\"csChargingProfiles\":{"
         "\"chargingProfileId\":5,\"stackLevel\":1,\"chargingProfilePurpose\":\"TxDefaultProfile\","
         "\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":{\"chargingRateUnit\":\"A\","
         "\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":0}]}}}]");
}

static void let_go(void)
{
    hear("[2,\"clear\",\"ClearChargingProfile\",{\"id\":5}]");
}

static void values_now(void)
{
    hear("[2,\"values\",\"TriggerMessage\",{\"requestedMessage\":\"MeterValues\"}]");
}

static void remote_start(void)
{
    hear("[2,\"allow\",\"DataTransfer\",{\"vendorId\":\"Roost\",\"messageId\":\"Allowance\","
         "\"data\":\"{\\\"connectorId\\\":1,\\\"idTag\\\":\\\"P\\\",\\\"wh\\\":20}\"}]");
    serve_all();
    hear("[2,\"remote\",\"RemoteStartTransaction\",{\"connectorId\":1,\"idTag\":\"P\"}]");
}

static const struct scene {
    const char *name;
    struct {
        uint32_t at_ms;
        void (*what)(void);
    } acts[12];
} scenes[] = {
    {"charging",
     {{0, go_on_line},
      {1000, plug_in},
      {3000, card},
      {35000, values_now},
      {45000, card},
      {55000, pull}}},
    {"available", {{0, go_on_line}, {3000, values_now}, {5000, close_it}}},
    {"preparing", {{0, go_on_line}, {1000, plug_in}, {5000, values_now}, {6000, close_it}}},
    {"off line",
     {{0, go_on_line},
      {500, go_off_line},
      {1000, plug_in},
      {3000, card},
      {45000, card},
      {50000, go_on_line}}},
    {"stop off line",
     {{0, go_on_line},
      {1000, plug_in},
      {3000, card},
      {40000, go_off_line},
      {45000, card},
      {55000, go_on_line}}},
    {"suspended by us",
     {{0, go_on_line},
      {1000, plug_in},
      {3000, card},
      {30000, hold},
      {40000, let_go},
      {50000, card}}},
    {"suspended by it",
     {{0, go_on_line},
      {1000, plug_in},
      {3000, card},
      {30000, battery_refuses},
      {40000, mended},
      {50000, card}}},
    {"finishing",
     {{0, go_on_line},
      {1000, plug_in},
      {3000, card},
      {30000, card},
      {40000, values_now},
      {42000, close_it}}},
    {"reserved",
     {{0, go_on_line}, {500, reserve_it}, {2000, plug_in}, {4000, card}, {40000, pull}}},
    {"reserved only", {{0, go_on_line}, {500, reserve_it}, {2000, values_now}}},
    {"scheduled",
     {{0, go_on_line}, {1000, plug_in}, {3000, card}, {30000, close_it}, {40000, card}}},
    {"faulted",
     {{0, go_on_line},
      {1000, plug_in},
      {3000, card},
      {30000, earth_gone},
      {40000, mended},
      {50000, pull}}},
    {"paid", {{0, go_on_line}, {500, remote_start}, {2000, plug_in}, {55000, pull}}},
};

static void act(const struct scene *scene, uint32_t at_ms)
{
    for (unsigned i = 0; i < sizeof scene->acts / sizeof scene->acts[0]; i++)
        if (scene->acts[i].what && scene->acts[i].at_ms == at_ms && powered())
            scene->acts[i].what();
}

static void begin_scene(void)
{
    charger_start();
    memset(&central, 0, sizeof central);
    rig.store.kv.ops = &cut_ops;
    know("A", "");
    set_key(CHARGER_KEY_SAMPLE_INTERVAL, 10);
}

/* ---- all of it as it stood ---- */

enum { THE_CYCLE, BEHIND_IT, WITHOUT_POWER, SNAPSHOTS };

static struct {
    char rig[sizeof rig], chip[sizeof chip], wire[sizeof wire], ocpp[sizeof ocpp],
        central[sizeof central], instant[sizeof instant];
} snapshots[SNAPSHOTS];

static void keep(int i)
{
    memcpy(snapshots[i].rig, &rig, sizeof rig);
    memcpy(snapshots[i].chip, &chip, sizeof chip);
    memcpy(snapshots[i].wire, &wire, sizeof wire);
    memcpy(snapshots[i].ocpp, &ocpp, sizeof ocpp);
    memcpy(snapshots[i].central, &central, sizeof central);
    memcpy(snapshots[i].instant, &instant, sizeof instant);
}

static void go_back(int i)
{
    memcpy(&rig, snapshots[i].rig, sizeof rig);
    memcpy(&chip, snapshots[i].chip, sizeof chip);
    memcpy(&wire, snapshots[i].wire, sizeof wire);
    memcpy(&ocpp, snapshots[i].ocpp, sizeof ocpp);
    memcpy(&central, snapshots[i].central, sizeof central);
    memcpy(&instant, snapshots[i].instant, sizeof instant);
}

/* ---- a cut, and what comes after it ---- */

/* The power comes back; until all is said, or it is cut again. */
static void live(void)
{
    struct roost_ledger_item item;
    for (unsigned i = 0; i < rig.connectors; i++)
        world_charger_off(&rig.guns[i].world); /* nothing flows without power */
    rig.now_ms += OFF_MS;
    int err = boot_station();
    if (!powered())
        return;
    assert_int_equal(err, 0);
    boot_charger();
    open_socket();
    for (int i = 0, quiet = 0; i < RECOVERY && quiet < SETTLED && powered(); i++) {
        step();
        bool waits = powered() && roost_ledger_next(&rig.ledger, &item) == ROOST_OK;
        quiet = rig.station.online && !waits ? quiet + 1 : 0;
    }
}

static void check(void)
{
    struct roost_ledger_item item;
    double model_wh = world_charger_energy_wh(&rig.guns[0].world);
    double ours_wh = (double)roost_ledger_energy_mwh(&rig.ledger, 1) / 1000;
    long billed_wh = 0;
    assert_true(powered());
    assert_int_equal(roost_ledger_next(&rig.ledger, &item), ROOST_ERR_EMPTY);
    for (int i = 0; i < central.count; i++) {
        assert_true(central.starts[i].stops > 0);
        billed_wh += central.starts[i].stop_meter - central.starts[i].meter;
    }
    print_message("model %.3f ours %.3f meter %.3f\n", model_wh, ours_wh,
                  (double)rig.power[0].meter.mwh / 1000);
    assert_true(ours_wh <= model_wh + READING_WH && ours_wh >= model_wh - BUDGET_WH);
    assert_true((double)billed_wh <= model_wh + READING_WH &&
                (double)billed_wh >= model_wh - BUDGET_WH - READING_WH);
    for (unsigned c = 1; c <= 2; c++) {
        assert_int_equal(at(c)->transaction, 0);
        assert_false(energised(c));
        assert_true(status(c) != CHARGER_IS_CHARGING && status(c) != CHARGER_IS_SUSPENDED_EV &&
                    status(c) != CHARGER_IS_SUSPENDED_EVSE);
    }
    if (central.closed)
        assert_true(status(1) == CHARGER_IS_UNAVAILABLE || status(1) == CHARGER_IS_FAULTED);
    if (central.reserved && !central.reservation_used && !central.closed)
        assert_int_equal(at(1)->reservation.id, 7);
}

static const char *const kinds[CUTS] = {"before", "torn", "after"};
static const char *wanted; /* the id to be run again; NULL: all */
static unsigned runs;

static bool is_wanted(const char *scene, uint32_t at, uint32_t n, int kind, uint32_t m, int again)
{
    char id[80];
    snprintf(id, sizeof id, "%s:%u:%u:%s:%u:%s", scene, (unsigned)at, (unsigned)n, kinds[kind],
             (unsigned)m, kinds[again]);
    if (wanted)
        return strcmp(wanted, id) == 0;
    runs++;
    strcpy(statuses, id); /* who looks at a failure finds it here */
    return true;
}

/* A cut at operation n of this cycle; then at each of what follows. */
static void cut_here(const struct scene *scene, uint32_t at_ms, uint32_t n, int kind)
{
    go_back(THE_CYCLE);
    cut_at(n, (enum cut)kind);
    act(scene, at_ms);
    step();
    assert_false(powered());
    keep(WITHOUT_POWER);
    uint32_t before = chip.operations;
    live();
    if (is_wanted(scene->name, at_ms / CHARGER_CYCLE_MS, n, kind, 0, 0))
        check();
    uint32_t count = chip.operations - before;
    for (uint32_t m = 1; m <= count; m++)
        for (int again = 0; again < CUTS; again++) {
            if (!is_wanted(scene->name, at_ms / CHARGER_CYCLE_MS, n, kind, m, again))
                continue;
            go_back(WITHOUT_POWER);
            cut_at(m, (enum cut)again);
            live();
            assert_false(powered());
            live();
            check();
        }
}

/* Somebody else may charge there afterwards. */
static void goes_on(void)
{
    struct charger_tag other = told("B", "", CHARGER_TAG_ACCEPTED);
    if (central.closed || central.reserved)
        return;
    hurt(1, WORLD_CHARGER_BATTERY_REFUSES, false);
    hurt(1, WORLD_CHARGER_NO_EARTH, false);
    let_go();
    plug(1, false);
    for (int i = 0; i < 500; i++)
        step();
    plug(1, true);
    charger_station_learn(&rig.station, &other);
    charger_station_card(&rig.station, 1, "B");
    for (int i = 0; i < 3000 && status(1) != CHARGER_IS_CHARGING; i++)
        step();
    assert_int_equal(status(1), CHARGER_IS_CHARGING);
}

static void play(const struct scene *scene)
{
    unsigned operations = 0;
    begin_scene();
    for (uint32_t at_ms = 0; at_ms < SESSION_MS; at_ms += CHARGER_CYCLE_MS) {
        keep(THE_CYCLE);
        uint32_t before = chip.operations;
        act(scene, at_ms);
        step();
        uint32_t count = chip.operations - before;
        if (count == 0)
            continue;
        operations += count;
        keep(BEHIND_IT);
        for (uint32_t n = 1; n <= count; n++)
            for (int kind = 0; kind < CUTS; kind++)
                cut_here(scene, at_ms, n, kind);
        go_back(BEHIND_IT);
    }
    assert_true(operations > 0);
    chip.dead = true; /* and once more in peace */
    live();
    check();
    goes_on();
}

static void every_operation_of_every_scene(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        if (!wanted || strncmp(wanted, scenes[i].name, strlen(scenes[i].name)) == 0)
            play(&scenes[i]);
    if (!wanted)
        print_message("%u cuts\n", runs);
}

static int say_which(void **state)
{
    (void)state;
    print_message("last: %s\n", statuses);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_operation_of_every_scene, say_which),
    };
    wanted = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
