/* SPDX-License-Identifier: Apache-2.0 */
/* The books of turns: at each device, at the hub, and that they agree; that nothing is left over;
 * and that no mark of a child stands anywhere but in its conversation. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/fnv.h"
#include "host/metrics.h"
#include "hub/voice/voice_internal.h"
#include "sim/teddy.h"
#include "sim/world.h"

enum {
    PRESSES,
    TURNS,
    ANSWERED,
    INTERRUPTED,
    FAILED,
    DROPPED,
    LOST,
    REPEATS,
    BEGUN,
    ENDED,
    SESSIONS,
    RESUMED,
    CHUNKS,
    RESENT,
    SECONDS,
    READ_MIB,
    TOTALS
};
_Static_assert((int)TOTALS <= (int)SIM_TOTALS_MAX, "a report has room for them");

static bool wrong(struct sim_family *family, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool wrong(struct sim_family *family, const char *format, ...)
{
    va_list args;

    if (family->wrong[0] != '\0')
        return false;
    va_start(args, format);
    vsnprintf(family->wrong, sizeof family->wrong, format, args);
    va_end(args);
    return false;
}

/* ---- marks ---- */

const char *sim_mark_in(const void *bytes, size_t len)
{
    static const char *const marks[] = {SIM_TEDDY_NAME, SIM_TEDDY_WORD};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (memmem(bytes, len, marks[i], strlen(marks[i])))
            return i == 0 ? "name" : "word";
    return NULL;
}

static bool search(struct sim_family *family, const char *where, const void *bytes, size_t len)
{
    const char *found = sim_mark_in(bytes, len);

    family->read_bytes += len;
    return found ? wrong(family, "a child's %s stands in %s", found, where) : true;
}

/* ---- the device's book ---- */

static bool in_turn(const struct sim_teddy *teddy)
{
    return teddy->state == TEDDY_LISTENING || teddy->state == TEDDY_THINKING;
}

static void end_turn(struct sim_teddy *teddy, enum sim_teddy_end end)
{
    if (teddy->turn[0] == '\0')
        return;
    teddy->ends[end]++;
    teddy->turn[0] = '\0';
}

static void begin_turn(struct sim_teddy *teddy)
{
    memcpy(teddy->turn, teddy->teddy.capture.turn, sizeof teddy->turn);
    teddy->turns++;
    teddy->started = teddy->agreed = false;
}

/* What it made known to the hub, and what the hub agreed to. */
static void count_hub(struct sim_teddy *teddy)
{
    const struct teddy_capture *capture = &teddy->teddy.capture;

    if (teddy->turn[0] == '\0' || strcmp(teddy->turn, capture->turn) != 0)
        return;
    if (capture->started && !teddy->started) {
        teddy->started = true;
        teddy->starts++;
    }
    if (capture->agreed && !teddy->agreed) {
        teddy->agreed = true;
        teddy->agrees++;
    }
}

static enum sim_teddy_end how(const struct sim_teddy *teddy)
{
    if (teddy->state == TEDDY_SPEAKING)
        return SIM_TEDDY_ANSWERED;
    return teddy->teddy.count.turns_failed != teddy->failed ? SIM_TEDDY_FAILED : SIM_TEDDY_DROPPED;
}

void sim_teddy_follow(struct sim_teddy *teddy)
{
    const struct roost_teddy *firmware = &teddy->teddy;

    if (firmware->state != teddy->state) {
        teddy->state = firmware->state;
        teddy->state_ms = sim_device_now_ms(&teddy->device);
        if (teddy->state == TEDDY_SPEAKING)
            teddy->replied_ms = teddy->state_ms;
    }
    if (!in_turn(teddy)) {
        end_turn(teddy, how(teddy));
    } else if (strcmp(teddy->turn, firmware->capture.turn) != 0) {
        end_turn(teddy, SIM_TEDDY_INTERRUPTED);
        begin_turn(teddy);
        teddy->state_ms = sim_device_now_ms(&teddy->device);
    }
    teddy->failed = firmware->count.turns_failed;
    count_hub(teddy);
}

void sim_teddy_boot(struct sim_teddy *teddy)
{
    end_turn(teddy, SIM_TEDDY_LOST);
    teddy->state = TEDDY_BOOTING;
    teddy->state_ms = sim_device_now_ms(&teddy->device);
    teddy->failed = 0;
}

/* ---- the hub's book ---- */

static struct voice *hub_voice(const struct sim_world *world)
{
    const struct hub_set *set = &world->hub.services.set;

    for (size_t i = 0; world->hub.running && i < set->count; i++)
        if (set->at[i].row == &voice_service)
            return set->at[i].service;
    return NULL;
}

static struct sim_family *family_of(const struct sim_world *world)
{
    return sim_world_fleet(world, &sim_teddy)->beside;
}

/* A turn of that key ended; one that did before is wrong. */
static void take_end(struct sim_family *family, uint64_t key)
{
    size_t at = key % SIM_TEDDY_ENDED;

    while (family->ended_keys[at] != 0 && family->ended_keys[at] != key)
        at = (at + 1) % SIM_TEDDY_ENDED;
    if (family->ended_keys[at] == key)
        (void)wrong(family, "a turn ended twice at the hub");
    if (family->ended < SIM_TEDDY_ENDED / 2)
        family->ended_keys[at] = key;
    family->ended++;
}

static void read_end(struct sim_family *family, const char *line, size_t len)
{
    static const char ends[] = "\"end\":\"", ids[] = "\"session_id\":\"";
    const char *end = memmem(line, len, ends, sizeof ends - 1);
    const char *id = memmem(line, len, ids, sizeof ids - 1);

    if (!end || !id) {
        (void)wrong(family, "a turn's last line does not say which it was");
        return;
    }
    /* From the session's id to the turn's number. */
    take_end(family, roost_fnv64(ROOST_FNV64, id, (size_t)(end - id)) | 1);
    end += sizeof ends - 1;
    for (int i = 0; i < VOICE_TURN_ENDS; i++) {
        const char *name = voice_turn_end_name((enum voice_turn_end)i);
        if (strncmp(end, name, strlen(name)) == 0 && end[strlen(name)] == '"') {
            family->ended_by[i]++;
            return;
        }
    }
    (void)wrong(family, "a turn ended nobody knows how");
}

void sim_teddy_line(struct sim_world *world, const char *line, size_t len)
{
    static const char ended[] = "\"msg\":\"turn ended\"";
    struct sim_family *family = family_of(world);

    if (!family)
        return;
    family->lines++;
    (void)search(family, "a log", line, len);
    if (memmem(line, len, ended, sizeof ended - 1))
        read_end(family, line, len);
}

void sim_teddy_hub_goes(struct sim_world *world)
{
    struct sim_family *family = family_of(world);
    const struct voice *voice = hub_voice(world);

    family->begun += voice->turns_begun;
    family->chunks += (uint64_t)metric_value(voice->metrics.chunks);
    family->repeated += (uint64_t)metric_value(voice->metrics.repeated);
    family->resumed += (uint64_t)metric_value(voice->metrics.resumed);
    family->sessions += voice->session_count;
    for (int i = 0; i < VOICE_ENDS; i++)
        family->sessions += (uint64_t)metric_value(voice->metrics.sessions_ended[i]);
}

/* ---- what is left over ---- */

static bool check_session(struct sim_family *family, const struct voice_session *session,
                          uint64_t now_ms)
{
    const struct voice_turn *turn = session->turn;

    if (!session->alarm.place)
        return wrong(family, "a session at the hub waits for nothing");
    if (session->alarm.due_ms + SIM_TEDDY_TOLD_MS < now_ms)
        return wrong(family, "a session's alarm was due %" PRIu64 " ms ago",
                     now_ms - session->alarm.due_ms);
    if (turn && now_ms - turn->begun_ms > SIM_TEDDY_TURN_MS)
        return wrong(family, "a turn lasts for %" PRIu64 " s at the hub",
                     (now_ms - turn->begun_ms) / 1000);
    return true;
}

/* The counts that the service keeps, and what there is. */
static bool check_counts(struct sim_family *family, const struct voice *voice, uint64_t now_ms)
{
    size_t sessions = 0, talking = 0, waiting = 0;

    for (const struct voice_session *s = voice->sessions; s; s = s->next) {
        sessions++;
        talking += s->turn != NULL;
        waiting += s->link == NULL;
        if (!check_session(family, s, now_ms))
            return false;
    }
    if (sessions != voice->session_count || talking != voice->talking || waiting != voice->waiting)
        return wrong(family,
                     "the hub counts %zu sessions, %zu talking, %zu waiting; it has %zu, "
                     "%zu, %zu",
                     voice->session_count, voice->talking, voice->waiting, sessions, talking,
                     waiting);
    if (voice->turns_begun - voice->turns_ended != talking)
        return wrong(family, "%zu turns began and %zu ended at the hub, %zu are under way",
                     voice->turns_begun, voice->turns_ended, talking);
    if (voice->alarms.count > sessions)
        return wrong(family, "%zu alarms for %zu sessions", voice->alarms.count, sessions);
    if (talking == 0 && voice->bytes > 0)
        return wrong(family, "%zu bytes are held and nobody talks", voice->bytes);
    return true;
}

/* At the very end nobody talks, and all are there. */
static bool check_rest(struct sim_family *family, const struct voice *voice)
{
    const struct sim_world *world = family->world;
    size_t live = sim_voice_live(&world->hub.voice);
    size_t teddies = sim_world_fleet(world, &sim_teddy)->count;

    if (voice->session_count != teddies || voice->waiting > 0)
        return wrong(family, "%zu sessions (%zu without a socket) of %zu teddies are left",
                     voice->session_count, voice->waiting, teddies);
    for (const struct voice_session *s = voice->sessions; s; s = s->next)
        if (s->turn)
            return wrong(family, "a turn of %s is left in state %d after %" PRIu64 " s",
                         s->device ? s->device->device->id : "nobody", (int)s->turn->state,
                         (world->sim.clock.now_ms - s->turn->begun_ms) / 1000);
    if (voice->talking > 0 || voice->bytes > 0 || live > 0)
        return wrong(family, "%zu turns, %zu bytes, %zu asked of providers are left",
                     voice->talking, voice->bytes, live);
    if (voice->link_count > 0 || voice->questions)
        return wrong(family, "%zu sockets that did not sign in, or a question, are left",
                     voice->link_count);
    if (family->ended != family->begun)
        return wrong(family, "%" PRIu64 " turns began at the hub and %" PRIu64 " ended",
                     family->begun, family->ended);
    return true;
}

static bool check_both_sides(struct sim_family *family)
{
    const struct sim_fleet *fleet = sim_world_fleet(family->world, &sim_teddy);
    uint64_t starts = 0, agrees = 0;

    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct sim_teddy *teddy = sim_teddy_of(family->world->devices[fleet->first + i]);
        starts += teddy->starts;
        agrees += teddy->agrees;
    }
    if (family->begun < agrees || family->begun > starts)
        return wrong(family,
                     "teddies began %" PRIu64 " turns, the hub agreed to %" PRIu64
                     " of them and counts %" PRIu64,
                     starts, agrees, family->begun);
    return true;
}

/* What an operator, and whoever scrapes the hub, is shown. */
static bool check_metrics(struct sim_family *family)
{
    size_t len;
    char *page = metrics_expose(family->world->hub.metrics, &len);
    bool fine = page ? search(family, "the metrics", page, len) : true;

    free(page);
    return fine;
}

static bool check_store(struct sim_family *family)
{
    const struct sim_store *store = &family->world->store;

    return search(family, "the registry", store->devices,
                  store->device_count * sizeof *store->devices) &&
           search(family, "the commands", store->commands,
                  SIM_STORE_COMMANDS * sizeof *store->commands);
}

const char *sim_teddy_check(struct sim_world *world, enum sim_when when)
{
    struct sim_family *family = family_of(world);
    const struct voice *voice = hub_voice(world);

    if (voice && check_counts(family, voice, world->sim.clock.now_ms)) {
        if (when == SIM_MINUTE)
            (void)(check_metrics(family) && check_store(family));
        if (when == SIM_END)
            (void)(check_rest(family, voice) && check_both_sides(family));
    }
    return family->wrong[0] ? family->wrong : NULL;
}

/* ---- at the end ---- */

static void check_flash(struct sim_teddy *teddy)
{
    const struct sim_board *board = &teddy->device.board;
    const struct roost_flash *flash = &board->flash.port;
    const char *found =
        sim_mark_in(board->flash.bytes, (size_t)flash->sector_bytes * flash->sector_count);

    if (!found)
        found = sim_mark_in(board->kv.entries, SIM_KV_KEYS_MAX * sizeof *board->kv.entries);
    if (!found)
        found = sim_mark_in(teddy->teddy.device.log.ring, teddy->teddy.device.log.ring_size);
    if (found)
        sim_teddy_wrong(teddy, "marks", "the child's %s stands in flash or log ring", found);
}

void sim_teddy_end(struct sim_device *device)
{
    struct sim_teddy *teddy = sim_teddy_of(device);
    uint64_t ended = 0;

    for (int i = 0; i < SIM_TEDDY_ENDS; i++)
        ended += teddy->ends[i];
    if (teddy->turn[0] != '\0' || ended != teddy->turns)
        sim_teddy_wrong(teddy, "turns", "%" PRIu64 " turns began and %" PRIu64 " ended",
                        teddy->turns, ended);
    if (teddy->teddy.state != TEDDY_READY)
        sim_teddy_wrong(teddy, "turns", "is %s at the end, though nobody touches it",
                        teddy_state_name(teddy->teddy.state));
    if (teddy->around.mic.on || teddy->around.out.on)
        sim_teddy_wrong(teddy, "microphone", "or loudspeaker is still on at the end");
    check_flash(teddy);
}

/* ---- the report ---- */

void sim_teddy_account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX])
{
    const struct sim_fleet *fleet = sim_world_fleet(world, &sim_teddy);
    const struct sim_family *family = fleet->beside;

    for (uint32_t i = 0; i < fleet->count; i++) {
        const struct sim_teddy *teddy = sim_teddy_of(world->devices[fleet->first + i]);

        totals[PRESSES] += teddy->presses;
        totals[TURNS] += teddy->turns;
        for (int end = 0; end < SIM_TEDDY_ENDS; end++)
            totals[ANSWERED + end] += teddy->ends[end];
        totals[REPEATS] += teddy->repeats;
        totals[RESENT] += teddy->resent;
    }
    totals[BEGUN] = family->begun;
    totals[ENDED] = family->ended;
    totals[SESSIONS] = family->sessions;
    totals[RESUMED] = family->resumed;
    totals[CHUNKS] = family->chunks;
    totals[SECONDS] = world->hub.voice.samples / VOICE_RATE_HZ;
    totals[READ_MIB] = family->read_bytes >> 20;
}

void sim_teddy_print(const uint64_t t[SIM_TOTALS_MAX], FILE *out)
{
    fprintf(out,
            "teddies  %" PRIu64 " presses, %" PRIu64 " turns: %" PRIu64 " answered, %" PRIu64
            " interrupted, %" PRIu64 " failed, %" PRIu64 " dropped, %" PRIu64
            " lost with the power; %" PRIu64 " replies once more\n",
            t[PRESSES], t[TURNS], t[ANSWERED], t[INTERRUPTED], t[FAILED], t[DROPPED], t[LOST],
            t[REPEATS]);
    fprintf(out,
            "voice    %" PRIu64 " turns begun and %" PRIu64 " ended at the hub in %" PRIu64
            " sessions, %" PRIu64 " resumed; %" PRIu64 " chunks (%" PRIu64 " sent again), %" PRIu64
            " s recognised; %" PRIu64 " MiB searched for marks\n",
            t[BEGUN], t[ENDED], t[SESSIONS], t[RESUMED], t[CHUNKS], t[RESENT], t[SECONDS],
            t[READ_MIB]);
}
