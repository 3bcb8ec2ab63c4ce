/* SPDX-License-Identifier: Apache-2.0 */
/* Every transaction and watt-hour, as the firmware has it and as it came to the central system. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "devices/charger/ocpp/parts.h"
#include "sim/charger.h"
#include "sim/world.h"

enum {
    MWH_PER_WH = 1000,
    CHARGED_MWH = 20000, /* so much is a charge */
    NEVER_FLAGS = CSMS_TX_METER_BACK | CSMS_TX_METER_NEGATIVE | CSMS_TX_SECOND_STOP |
                  CSMS_TX_TIME_NO_ZONE | CSMS_TX_JOINED
};
#define APART_WH   0.5    /* the model and the meter, a session ... */
#define APART_PART 0.0005 /* ... and so much of it */
#define CYCLE_WH   1.5    /* what flows until it is measured, and in one cycle */

/* ---- sessions, by the firmware's word ---- */

static struct sim_charge *current(struct sim_charger *charger)
{
    struct sim_charge *last =
        charger->session_count > 0 ? &charger->sessions[charger->session_count - 1] : NULL;

    return last && !last->ended ? last : NULL;
}

static double model_wh(struct sim_charger *charger)
{
    return world_charger_energy_wh(&charger->around);
}

static void begin(struct sim_charger *charger, uint32_t transaction)
{
    const struct charger_connector *connector = sim_charger_connector(charger);

    ROOST_ASSERT(charger->session_count < charger->session_max);
    struct sim_charge *session = &charger->sessions[charger->session_count++];
    *session = (struct sim_charge){.transaction = transaction,
                                   .begin_mwh = connector->begun_mwh,
                                   .begin_wh = charger->model_wh,
                                   .began_ms = sim_device_now_ms(&charger->device)};
    memcpy(session->tag, connector->tag, sizeof session->tag);
}

/* `more_wh`: beside what any session may be apart, the model may have let out so much more. */
static void end(struct sim_charger *charger, struct sim_charge *session, uint64_t end_mwh,
                double more_wh)
{
    session->ended = true;
    session->end_mwh = end_mwh;
    if (end_mwh < session->begin_mwh) {
        sim_charger_wrong(charger, "register",
                          "ends a session at %" PRIu64 " mWh, begun at %" PRIu64, end_mwh,
                          session->begin_mwh);
        return;
    }
    double counted_wh = (double)(end_mwh - session->begin_mwh) / MWH_PER_WH;
    double out_wh = charger->model_wh - session->begin_wh;
    double apart_wh = out_wh - counted_wh, may_wh = APART_WH + APART_PART * counted_wh;

    if (end_mwh - session->begin_mwh >= CHARGED_MWH)
        charger->charged_ms = sim_device_now_ms(&charger->device);
    if (session->excused) {
        charger->excused_wh += counted_wh;
        return;
    }
    charger->apart_wh += apart_wh;
    if (apart_wh < -may_wh || apart_wh > may_wh + more_wh)
        sim_charger_wrong(charger, "energy",
                          "let out %.3f Wh in transaction %" PRIu32 " and counted %.3f, may be "
                          "%.3f apart",
                          out_wh, session->transaction, counted_wh, may_wh + more_wh);
}

static void check_register(struct sim_charger *charger)
{
    const struct charger_power *power = &charger->charger.power[0];

    if (power->meter.mwh < charger->register_mwh)
        sim_charger_wrong(charger, "register", "fell from %" PRIu64 " to %" PRIu64 " mWh",
                          charger->register_mwh, power->meter.mwh);
    if (power->meter.mwh > charger->register_mwh && !current(charger) &&
        sim_charger_connector(charger)->transaction == 0)
        sim_charger_wrong(charger, "register", "counts %" PRIu64 " mWh outside of transactions",
                          power->meter.mwh - charger->register_mwh);
    charger->register_mwh = power->meter.mwh;
}

void sim_charger_follow(struct sim_charger *charger)
{
    const struct charger_connector *connector = sim_charger_connector(charger);
    struct sim_charge *session = current(charger);

    charger->model_wh = model_wh(charger);
    check_register(charger);
    charger->persisted_mwh = roost_ledger_energy_mwh(&charger->charger.ledger, 1);
    if (session && session->transaction != connector->transaction) {
        end(charger, session, charger->persisted_mwh, 0);
        session = NULL;
    }
    if (!session && connector->transaction != 0) {
        begin(charger, connector->transaction);
        session = current(charger);
    }
    if (session && charger->around.faults & sim_charger_measures_wrong)
        session->excused = true;
}

/* What was open is closed by the ledger with the register as it was persisted last. */
void sim_charger_booted(struct sim_charger *charger)
{
    uint64_t kept_mwh = roost_ledger_energy_mwh(&charger->charger.ledger, 1);
    struct sim_charge *session = current(charger);
    double before_wh = charger->model_wh;
    uint64_t may_mwh = SIM_CHARGER_CUT_MWH + (uint64_t)(CYCLE_WH * MWH_PER_WH);

    charger->model_wh = model_wh(charger);
    charger->cuts += charger->device.board.boots > 1;
    if (kept_mwh < charger->persisted_mwh)
        sim_charger_wrong(charger, "register",
                          "was kept as %" PRIu64 " mWh and comes back as %" PRIu64,
                          charger->persisted_mwh, kept_mwh);
    if (kept_mwh + may_mwh < charger->register_mwh)
        sim_charger_wrong(charger, "register", "lost %" PRIu64 " mWh with the power, most %" PRIu64,
                          charger->register_mwh - kept_mwh, may_mwh);
    if (kept_mwh < charger->register_mwh)
        charger->lost_wh += (double)(charger->register_mwh - kept_mwh) / MWH_PER_WH;
    charger->register_mwh = charger->charger.power[0].meter.mwh;
    charger->persisted_mwh = kept_mwh;
    if (session)
        end(charger, session, kept_mwh,
            (double)may_mwh / MWH_PER_WH + charger->model_wh - before_wh);
}

/* ---- what becomes durable at the central system ---- */

__attribute__((format(printf, 2, 3))) static void wrong(struct sim_garage *garage,
                                                        const char *format, ...)
{
    va_list args;

    if (garage->wrong[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(garage->wrong, sizeof garage->wrong, format, args);
    va_end(args);
}

static void check_samples(struct sim_garage *garage, const struct csms_change *change)
{
    int64_t before = 0;

    for (size_t i = 0; i < change->sample_count; i++) {
        const struct csms_sample *sample = &change->samples[i];

        if (sample->measurand != OCPP_Energy_Active_Import_Register || sample->text_len > 0)
            continue;
        if (sample->value_milli < before)
            wrong(garage, "%s: the register fell in one message", change->identity);
        before = sample->value_milli;
    }
}

static void on_change(void *ctx, const struct csms_change *change, int32_t tx_id)
{
    struct sim_garage *garage = ctx;
    const struct csms_tx *tx = change->tx;

    (void)tx_id;
    garage->boots += change->boot != NULL;
    garage->statuses += change->status != NULL;
    garage->samples += change->sample_count;
    check_samples(garage, change);
    if (change->left)
        wrong(garage, "%s: transaction %d was left open", change->identity, (int)change->left->id);
    if (!tx)
        return;
    garage->starts += tx->state == CSMS_TX_OPEN && tx->id == 0;
    garage->stops += tx->state == CSMS_TX_CLOSED;
    if (tx->flags & NEVER_FLAGS)
        wrong(garage, "%s: transaction %d has flags %" PRIx32, change->identity, (int)tx->id,
              tx->flags & NEVER_FLAGS);
    if (tx->state == CSMS_TX_UNMATCHED)
        wrong(garage, "%s: a Stop came and its Start did not", change->identity);
}

const char *sim_garage_check(struct sim_world *world, enum sim_when when)
{
    const struct sim_garage *garage = sim_world_fleet(world, &sim_charger)->beside;

    (void)when;
    return garage->wrong[0] ? garage->wrong : NULL;
}

/* ---- lifecycle ---- */

int sim_charger_book_init(struct sim_charger *charger, double hours)
{
    charger->session_max =
        (size_t)(hours * SIM_CHARGER_SESSIONS_AN_HOUR) + SIM_CHARGER_SESSIONS_MORE;
    charger->sessions = calloc(charger->session_max, sizeof *charger->sessions);
    return charger->sessions ? 0 : ROOST_ERR_NO_MEMORY;
}

void sim_charger_book_deinit(struct sim_charger *charger)
{
    free(charger->sessions);
    charger->sessions = NULL;
}

static int enter(struct sim_csms *csms, const struct sim_charger *charger)
{
    char tag[CHARGER_TAG_MAX + 1];
    int err = sim_csms_charger(csms, charger->device.id, charger->session_max);

    for (unsigned i = 0; i < SIM_CHARGER_TAGS && err == 0; i++) {
        snprintf(tag, sizeof tag, "CARD-%02u-%u", (unsigned)charger->device.board.options.index, i);
        err = sim_csms_tag(csms, tag, false);
    }
    return err;
}

void *sim_garage_new(struct sim_world *world)
{
    struct sim_garage *garage = calloc(1, sizeof *garage);
    const struct sim_fleet *fleet = sim_world_fleet(world, &sim_charger);
    struct sim_csms *csms = &world->hub.csms;
    int err = garage ? sim_csms_tag(csms, "BLOCKED", true) : ROOST_ERR_NO_MEMORY;

    for (uint32_t i = 0; i < fleet->count && err == 0; i++) {
        struct sim_charger *charger = sim_charger_of(world->devices[fleet->first + i]);

        charger->garage = garage;
        err = enter(csms, charger);
    }
    if (err < 0) {
        free(garage);
        return NULL;
    }
    garage->world = world;
    csms->on_change = on_change;
    csms->ctx = garage;
    return garage;
}

void sim_garage_free(void *garage)
{
    struct sim_world *world = ((struct sim_garage *)garage)->world;

    sim_hub_crash(&world->hub); /* who waits for it is told while there is somebody to tell */
    world->hub.csms.on_change = NULL;
    free(garage);
}

/* ---- the liveness phase ---- */

const char *sim_charger_lacks(const struct sim_device *device)
{
    const struct sim_charger *charger = sim_charger_of(device);

    if (!charger->charger.ocpp.online)
        return "is not registered";
    if (sim_charger_connector(charger)->faulted)
        return "is out of order";
    if (charger->charged_ms <= charger->garage->world->quiet_ms)
        return "has not charged";
    if (!charger->resting)
        return "has a vehicle";
    return charger->charger.ledger.transactions > 0 ? "has transactions that are not delivered"
                                                    : NULL;
}

/* ---- at the end: one truth ---- */

static bool is_of(const struct csms_tx *tx, const struct sim_charge *session)
{
    return tx->meter_start_wh == (int32_t)(session->begin_mwh / MWH_PER_WH) &&
           strcmp(tx->id_tag, session->tag) == 0;
}

static bool ends_as(const struct csms_tx *tx, const struct sim_charge *session)
{
    return tx->meter_stop_wh == (int32_t)(session->end_mwh / MWH_PER_WH);
}

/* It began in the instant of a power cut: on flash, and the firmware never heard of it. */
static bool began_in_a_cut(const struct csms_tx *tx)
{
    return tx->reason == OCPP_PowerLoss && tx->meter_start_wh == tx->meter_stop_wh;
}

static void fits_nothing(struct sim_charger *charger, const struct csms_tx *tx,
                         const struct sim_charge *session)
{
    sim_charger_wrong(charger, "transactions",
                      "has transaction %d at the central system, %d to %d Wh with %s, "
                      "where its own is %" PRIu64 " to %" PRIu64 " mWh with %s",
                      (int)tx->id, (int)tx->meter_start_wh, (int)tx->meter_stop_wh, tx->id_tag,
                      session ? session->begin_mwh : 0, session ? session->end_mwh : 0,
                      session ? session->tag : "none");
}

/* With bit n of `unseen`, the transactions before this one can be told apart into its sessions and
 * n others. One that was begun in a cut may look like a session that let nothing out, so that what
 * comes later decides which it was. */
static uint64_t place(const struct sim_charger *charger, const struct sim_csms_row *row, size_t i,
                      uint64_t unseen)
{
    const struct csms_tx *tx = &row->txs[i];
    uint64_t after = began_in_a_cut(tx) ? unseen << 1 : 0;

    for (size_t n = 0; n < SIM_CHARGER_UNSEEN_MAX && n <= i; n++) {
        const struct sim_charge *session = &charger->sessions[i - n];

        if (unseen >> n & 1 && i - n < charger->session_count && is_of(tx, session) &&
            ends_as(tx, session))
            after |= 1ull << n;
    }
    return after;
}

static unsigned lowest(uint64_t bits)
{
    unsigned n = 0;

    while (n < SIM_CHARGER_UNSEEN_MAX - 1 && !(bits >> n & 1))
        n++;
    return n;
}

static void match(struct sim_charger *charger, const struct sim_csms_row *row)
{
    uint64_t unseen = 1;

    for (size_t i = 0; i < row->tx_count; i++) {
        const struct csms_tx *tx = &row->txs[i];
        uint64_t after = place(charger, row, i, unseen);

        if (tx->state != CSMS_TX_CLOSED)
            sim_charger_wrong(charger, "transactions", "left transaction %d in state %d",
                              (int)tx->id, (int)tx->state);
        if (after == 0) {
            size_t next = i - lowest(unseen);
            fits_nothing(charger, tx,
                         next < charger->session_count ? &charger->sessions[next] : NULL);
            return;
        }
        unseen = after;
    }
    if (charger->session_count > row->tx_count ||
        row->tx_count - charger->session_count >= SIM_CHARGER_UNSEEN_MAX ||
        !(unseen >> (row->tx_count - charger->session_count) & 1)) {
        sim_charger_wrong(charger, "transactions",
                          "has %zu, of which %zu came to the central system",
                          charger->session_count, row->tx_count - lowest(unseen));
        return;
    }
    charger->unseen = row->tx_count - charger->session_count;
    if (charger->unseen > charger->cuts)
        sim_charger_wrong(charger, "transactions", "began %" PRIu64 " in %" PRIu64 " power cuts",
                          charger->unseen, charger->cuts);
}

/* All of the register is in sessions. */
static void check_sum(struct sim_charger *charger)
{
    uint64_t sum_mwh = 0;

    for (size_t i = 0; i < charger->session_count; i++)
        sum_mwh += charger->sessions[i].end_mwh - charger->sessions[i].begin_mwh;
    if (sum_mwh != charger->register_mwh)
        sim_charger_wrong(charger, "register",
                          "stands at %" PRIu64 " mWh, the sum of its transactions is %" PRIu64,
                          charger->register_mwh, sum_mwh);
}

static void check_told(struct sim_charger *charger)
{
    struct csms *csms = sim_charger_csms(charger);
    enum ocpp_word own = charger_word_of_status(sim_charger_connector(charger)->status);
    struct csms_view view;

    if (!csms || !csms_look(csms, charger->device.id, &view) || !view.online || !view.accepted ||
        view.connector_count < 2)
        sim_charger_wrong(charger, "told", "is not known at the central system");
    else if (view.connectors[1].status != own)
        sim_charger_wrong(charger, "told", "is %s, the central system has %s", ocpp_word_text(own),
                          ocpp_word_text(view.connectors[1].status));
    else if (view.connectors[1].tx)
        sim_charger_wrong(charger, "told", "rests, the central system has a transaction");
}

void sim_charger_end(struct sim_device *device)
{
    struct sim_charger *charger = sim_charger_of(device);
    const struct roost_ledger *ledger = &charger->charger.ledger;
    const struct sim_csms_row *row = sim_csms_find(&charger->garage->world->hub.csms, device->id);

    if (current(charger))
        sim_charger_wrong(charger, "transactions", "still has one, though nobody is there");
    if (ledger->given_up > 0 || ledger->damaged > 0 || ledger->transactions > 0)
        sim_charger_wrong(charger, "ledger",
                          "gave up %" PRIu32 ", found %" PRIu32 " damaged, has %" PRIu32 " left",
                          ledger->given_up, ledger->damaged, ledger->transactions);
    match(charger, row);
    check_sum(charger);
    check_told(charger);
}
