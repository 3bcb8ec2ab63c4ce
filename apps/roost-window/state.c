/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-window/program.h"

#include <math.h>

#include "core/reset.h"

static void put_bool(struct roost_json_writer *w, const char *key, bool value)
{
    roost_json_key(w, key);
    roost_json_bool(w, value);
}

static void put_uint(struct roost_json_writer *w, const char *key, uint64_t value)
{
    roost_json_key(w, key);
    roost_json_uint(w, value);
}

static void put_milli(struct roost_json_writer *w, const char *key, int64_t value)
{
    roost_json_key(w, key);
    roost_json_milli(w, value);
}

static void put_double(struct roost_json_writer *w, const char *key, double value)
{
    roost_json_key(w, key);
    roost_json_double(w, value, 3);
}

static void put_text(struct roost_json_writer *w, const char *key, const char *text)
{
    roost_json_key(w, key);
    roost_json_str(w, text);
}

static void write_reading(const struct program *program, struct roost_json_writer *w)
{
    const struct window_sampler *sampler = &program->window.sampler;

    roost_json_key(w, "reading");
    if (sampler->count[WINDOW_SAMPLE_GOOD] == 0) {
        roost_json_null(w);
        return;
    }
    roost_json_object(w);
    put_milli(w, "temperature", sampler->last.temperature_mdegc);
    put_milli(w, "humidity", sampler->last.humidity_mpct);
    put_uint(w, "seq", window_publisher_last_seq(&program->window.publisher));
    roost_json_end(w);
}

static void write_motor(const struct program *program, struct roost_json_writer *w)
{
    const struct window_motor *motor = &program->window.motor;

    put_milli(w, "position", window_motor_position_mpct(motor));
    put_milli(w, "target", motor->target_mpct);
    put_bool(w, "moving", window_motor_moving(motor));
    put_bool(w, "calibrated", motor->calibrated);
    put_text(w, "motor", window_motor_state_name(motor->state));
    put_text(w, "reason", window_reason_name(program->window.control.reason));
}

static void write_queues(const struct program *program, struct roost_json_writer *w)
{
    const struct roost_window *window = &program->window;

    roost_json_key(w, "journal");
    roost_json_object(w);
    put_uint(w, "waiting", window_publisher_waiting(&window->publisher));
    put_uint(w, "dropped", window->publisher.journal.dropped);
    put_uint(w, "in_flight", window->publisher.flying);
    roost_json_end(w);
    roost_json_key(w, "events");
    roost_json_object(w);
    put_uint(w, "waiting", window->events.count);
    put_uint(w, "high_water", window->events.high_water);
    put_uint(w, "dropped", window->events.dropped);
    roost_json_end(w);
    roost_json_key(w, "sound");
    roost_json_object(w);
    put_uint(w, "sent", window->sound.sent);
    put_uint(w, "dropped", window->sound.dropped);
    put_uint(w, "overruns", window->sound.overruns);
    roost_json_end(w);
}

static void write_update(struct program *program, struct roost_json_writer *w)
{
    const struct roost_ota *ota = &program->window.ota;
    const struct roost_firmware *firmware = &program->board.port.firmware;
    struct roost_running running;

    roost_json_key(w, "update");
    roost_json_object(w);
    put_text(w, "state", roost_ota_state_name(ota->state));
    put_text(w, "version", ota->manifest.version);
    put_text(w, "report", ota->report);
    put_bool(w, "error", ota->report_is_error);
    put_uint(w, "size", ota->manifest.size_bytes);
    put_uint(w, "loaded", ota->loaded_bytes);
    put_uint(w, "verified", ota->verified_bytes);
    put_uint(w, "checks", ota->checks);
    put_uint(w, "installs", ota->installs);
    put_uint(w, "failures", ota->failures);
    if (firmware->ops && firmware->ops->running(firmware->ctx, &running) == 0) {
        put_uint(w, "slot", running.slot);
        put_bool(w, "on_trial", running.on_trial);
        put_bool(w, "other_failed", running.other_failed);
        put_uint(w, "security_version", running.security_version);
    }
    roost_json_end(w);
}

static void write_control(const struct program *program, struct roost_json_writer *w)
{
    const struct window_control *control = &program->window.control;

    roost_json_key(w, "control");
    roost_json_object(w);
    put_uint(w, "taken", control->taken);
    roost_json_key(w, "refused");
    roost_json_object(w);
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        put_uint(w, window_refusal_name((enum window_refusal)i), control->refused[i]);
    roost_json_end(w);
    roost_json_end(w);
}

static void write_faults(const struct program *program, struct roost_json_writer *w)
{
    roost_json_key(w, "faults");
    roost_json_array(w);
    for (int i = 0; i < ROOST_FAULT_COUNT; i++)
        if (roost_faults_active(&program->window.faults, (enum roost_fault)i))
            roost_json_str(w, roost_fault_info((enum roost_fault)i)->name);
    roost_json_end(w);
}

static void write_world(struct program *program, struct roost_json_writer *w)
{
    const struct linux_world *world = &program->board.world;
    const struct world_sash *sash = &world->sash;
    int64_t unix_ms = linux_world_unix_ms(&program->board);
    double opening_pct = world_sash_opening_pct(sash);

    roost_json_key(w, "world");
    roost_json_object(w);
    roost_json_key(w, "unix_ms");
    roost_json_int(w, unix_ms);
    put_uint(w, "speed", world->speed);
    put_double(w, "temperature", world->house.temperature_degc);
    put_double(w, "humidity", world->house.humidity_pct);
    put_double(w, "outdoor_temperature", world->house.outdoor.temperature_degc);
    put_double(w, "outdoor_humidity", world->house.outdoor.humidity_pct);
    put_double(w, "street_dbfs", world_street_level_dbfs(&world->street, unix_ms, opening_pct));
    put_double(w, "opening", opening_pct);
    put_double(w, "motor_ma", sash->current_ma);
    roost_json_key(w, "obstruction");
    if (isnan(sash->obstruction_raw))
        roost_json_null(w);
    else
        roost_json_double(w,
                          (sash->obstruction_raw - sash->stop_closed_raw) * 100.0 /
                              (sash->stop_open_raw - sash->stop_closed_raw),
                          1);
    roost_json_key(w, "faults");
    roost_json_array(w);
    for (int i = 0; i < LINUX_FAULT_COUNT; i++)
        if (world->faults & 1u << i)
            roost_json_str(w, linux_world_fault_name((enum linux_world_fault)i));
    roost_json_end(w);
    roost_json_end(w);
}

void program_write_state(struct program *program, struct roost_json_writer *w)
{
    const struct roost_window *window = &program->window;

    linux_world_update(&program->board);
    roost_json_object(w);
    put_bool(w, "ok", true);
    put_text(w, "id", window->device_id);
    put_text(w, "firmware", window->firmware);
    put_uint(w, "uptime_ms", linux_board_now_ms(&program->board));
    put_bool(w, "online", window->link.state == ROOST_LINK_UP);
    put_text(w, "link", roost_link_state_name(window->link.state));
    put_bool(w, "wifi", !program->board.wifi.gone);
    put_bool(w, "safe_mode", window->safe_mode);
    put_uint(w, "boots", window->health.boots);
    put_text(w, "reset_reason",
             roost_reset_text(
                 program->board.port.system.ops->reset_reason(program->board.port.system.ctx)));
    write_reading(program, w);
    write_motor(program, w);
    write_control(program, w);
    write_queues(program, w);
    write_faults(program, w);
    write_update(program, w);
    write_world(program, w);
    roost_json_end(w);
}
