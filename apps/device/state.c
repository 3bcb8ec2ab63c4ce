/* SPDX-License-Identifier: Apache-2.0 */
/* What every device shows of itself, around what its product adds. */
#include "apps/device/program_parts.h"

#include "core/reset.h"

static void write_life(struct device_program *program, struct roost_json_writer *w)
{
    const struct roost_device *device = program->device;
    const struct roost_system *system = &program->board.port.system;

    roost_json_put_str(w, "id", device->id);
    roost_json_put_str(w, "firmware", device->firmware);
    roost_json_put_uint(w, "uptime_ms", linux_board_now_ms(&program->board));
    roost_json_put_bool(w, "online", roost_device_online(device));
    roost_json_put_str(w, "link", roost_link_state_name(device->link.state));
    roost_json_put_bool(w, "wifi", !program->board.wifi.gone);
    roost_json_put_bool(w, "safe_mode", device->safe_mode);
    roost_json_put_uint(w, "boots", device->health.boots);
    roost_json_put_str(w, "reset_reason", roost_reset_text(system->ops->reset_reason(system->ctx)));
}

static void write_queues(const struct roost_device *device, struct roost_json_writer *w)
{
    if (device->outbox) {
        roost_json_put_object(w, "journal");
        roost_json_put_uint(w, "waiting", roost_outbox_waiting(device->outbox));
        roost_json_put_uint(w, "dropped", device->outbox->journal.dropped);
        roost_json_put_uint(w, "in_flight", device->outbox->flying);
        roost_json_end(w);
    }
    roost_json_put_object(w, "events");
    roost_json_put_uint(w, "waiting", device->events.count);
    roost_json_put_uint(w, "high_water", device->events.high_water);
    roost_json_put_uint(w, "dropped", device->events.dropped);
    roost_json_end(w);
}

static void write_faults(const struct roost_device *device, struct roost_json_writer *w)
{
    roost_json_put_array(w, "faults");
    for (unsigned id = 0; id < device->faults.count; id++)
        if (roost_faults_active(&device->faults, id))
            roost_json_str(w, roost_faults_info(&device->faults, id)->name);
    roost_json_end(w);
}

static void write_update(struct device_program *program, struct roost_json_writer *w)
{
    const struct roost_ota *ota = &program->device->update.ota;
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

void program_write_state(struct device_program *program, struct roost_json_writer *w)
{
    const struct device_product *product = program->product;

    roost_json_object(w);
    roost_json_put_bool(w, "ok", true);
    write_life(program, w);
    if (product->write_state)
        product->write_state(program, w);
    write_queues(program->device, w);
    if (product->write_queues)
        product->write_queues(program, w);
    write_faults(program->device, w);
    write_update(program, w);
    device_world_write(&program->around, w);
    roost_json_end(w);
}
