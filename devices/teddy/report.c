/* SPDX-License-Identifier: Apache-2.0 */
/* What the teddy says of itself beside what every device does: counts, never a word. */
#include "devices/teddy/faults.h"
#include "devices/teddy/parts.h"

const struct roost_fault_info teddy_faults[TEDDY_FAULT_COUNT] = {TEDDY_FAULT_LIST(ROOST_FAULT_ROW)};

void teddy_set_faults(struct roost_teddy *teddy)
{
    struct roost_device *device = &teddy->device;
    struct roost_faults *faults = &device->faults;

    roost_faults_set(faults, TEDDY_FAULT_NO_MICROPHONE, teddy->capture.fault);
    roost_faults_set(faults, TEDDY_FAULT_SPEAKER, teddy->play.fault);
    roost_faults_set(faults, TEDDY_FAULT_BUTTON,
                     teddy_button_stuck(&teddy->button, device->now.now_ms));
    roost_faults_set(faults, TEDDY_FAULT_LIGHT, teddy->light_fault);
    roost_faults_set(faults, TEDDY_FAULT_NO_CHILD, !teddy->provisioned);
    roost_faults_set(faults, TEDDY_FAULT_REFUSED, teddy->link.refused);
}

void teddy_write_health(const struct roost_device *device, struct roost_json_writer *out)
{
    const struct roost_teddy *teddy = (const struct roost_teddy *)device;

    roost_json_put_object(out, "teddy");
    roost_json_put_str(out, "state", teddy_state_name(teddy->state));
    roost_json_end(out);
}
