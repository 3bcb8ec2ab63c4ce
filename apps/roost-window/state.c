/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-window/program.h"

#include "core/reset.h"

static void write_reading(const struct program *program, struct roost_json_writer *w)
{
    const struct window_sampler *sampler = &program->window.sampler;

    roost_json_key(w, "reading");
    if (sampler->count[WINDOW_SAMPLE_GOOD] == 0) {
        roost_json_null(w);
        return;
    }
    roost_json_object(w);
    roost_json_put_milli(w, "temperature", sampler->last.temperature_mdegc);
    roost_json_put_milli(w, "humidity", sampler->last.humidity_mpct);
    roost_json_put_uint(w, "seq", roost_outbox_last_seq(&program->window.outbox));
    roost_json_end(w);
}

static void write_motor(const struct program *program, struct roost_json_writer *w)
{
    const struct window_motor *motor = &program->window.motor;

    roost_json_put_milli(w, "position", window_motor_position_mpct(motor));
    roost_json_put_milli(w, "target", motor->target_mpct);
    roost_json_put_bool(w, "moving", window_motor_moving(motor));
    roost_json_put_bool(w, "calibrated", motor->calibrated);
    roost_json_put_str(w, "motor", window_motor_state_name(motor->state));
    roost_json_put_str(w, "reason", window_reason_name(program->window.control.reason));
}

static void write_queues(const struct program *program, struct roost_json_writer *w)
{
    const struct roost_window *window = &program->window;

    roost_json_put_object(w, "journal");
    roost_json_put_uint(w, "waiting", roost_outbox_waiting(&window->outbox));
    roost_json_put_uint(w, "dropped", window->outbox.journal.dropped);
    roost_json_put_uint(w, "in_flight", window->outbox.flying);
    roost_json_end(w);
    roost_json_put_object(w, "events");
    roost_json_put_uint(w, "waiting", window->device.events.count);
    roost_json_put_uint(w, "high_water", window->device.events.high_water);
    roost_json_put_uint(w, "dropped", window->device.events.dropped);
    roost_json_end(w);
    roost_json_put_object(w, "sound");
    roost_json_put_uint(w, "sent", window->sound.sent);
    roost_json_put_uint(w, "dropped", window->sound.dropped);
    roost_json_put_uint(w, "overruns", window->sound.overruns);
    roost_json_end(w);
}

static void write_update(struct program *program, struct roost_json_writer *w)
{
    const struct roost_ota *ota = &program->window.device.update.ota;
    const struct roost_firmware *firmware = &program->board.port.firmware;
    struct roost_running running;

    roost_json_put_object(w, "update");
    roost_json_put_str(w, "state", roost_ota_state_name(ota->state));
    roost_json_put_str(w, "version", ota->manifest.version);
    roost_json_put_str(w, "report", ota->report);
    roost_json_put_bool(w, "error", ota->report_is_error);
    roost_json_put_uint(w, "size", ota->manifest.size_bytes);
    roost_json_put_uint(w, "loaded", ota->loaded_bytes);
    roost_json_put_uint(w, "verified", ota->verified_bytes);
    roost_json_put_uint(w, "checks", ota->checks);
    roost_json_put_uint(w, "installs", ota->installs);
    roost_json_put_uint(w, "failures", ota->failures);
    if (firmware->ops && firmware->ops->running(firmware->ctx, &running) == 0) {
        roost_json_put_uint(w, "slot", running.slot);
        roost_json_put_bool(w, "on_trial", running.on_trial);
        roost_json_put_bool(w, "other_failed", running.other_failed);
        roost_json_put_uint(w, "security_version", running.security_version);
    }
    roost_json_end(w);
}

static void write_control(const struct program *program, struct roost_json_writer *w)
{
    const struct window_control *control = &program->window.control;

    roost_json_put_object(w, "control");
    roost_json_put_uint(w, "taken", control->taken);
    roost_json_put_object(w, "refused");
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        roost_json_put_uint(w, window_refusal_name((enum window_refusal)i), control->refused[i]);
    roost_json_end(w);
    roost_json_end(w);
}

static void write_faults(const struct program *program, struct roost_json_writer *w)
{
    roost_json_put_array(w, "faults");
    for (unsigned id = 0; id < program->window.device.faults.count; id++)
        if (roost_faults_active(&program->window.device.faults, id))
            roost_json_str(w, roost_faults_info(&program->window.device.faults, id)->name);
    roost_json_end(w);
}

void program_write_state(struct program *program, struct roost_json_writer *w)
{
    const struct roost_window *window = &program->window;

    roost_json_object(w);
    roost_json_put_bool(w, "ok", true);
    roost_json_put_str(w, "id", window->device.id);
    roost_json_put_str(w, "firmware", window->device.firmware);
    roost_json_put_uint(w, "uptime_ms", linux_board_now_ms(&program->board));
    roost_json_put_bool(w, "online", window->device.link.state == ROOST_LINK_UP);
    roost_json_put_str(w, "link", roost_link_state_name(window->device.link.state));
    roost_json_put_bool(w, "wifi", !program->board.wifi.gone);
    roost_json_put_bool(w, "safe_mode", window->device.safe_mode);
    roost_json_put_uint(w, "boots", window->device.health.boots);
    roost_json_put_str(w, "reset_reason",
                       roost_reset_text(program->board.port.system.ops->reset_reason(
                           program->board.port.system.ctx)));
    write_reading(program, w);
    write_motor(program, w);
    write_control(program, w);
    write_queues(program, w);
    write_faults(program, w);
    write_update(program, w);
    device_world_write(&program->around, w);
    roost_json_end(w);
}
