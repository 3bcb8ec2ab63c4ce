/* SPDX-License-Identifier: Apache-2.0 */
/* The window's own commands. */
#include "core/err.h"
#include "devices/window/parts.h"

static int get_position(const struct roost_command *command, struct roost_message *message,
                        int32_t *mpct)
{
    double position = 0;
    int err = command->args < 0
                  ? ROOST_ERR_NOT_FOUND
                  : roost_json_get_double(&command->doc, command->args, "position", &position);

    if (err == 0 && !(position >= 0 && position <= 100))
        err = ROOST_ERR_RANGE;
    if (err < 0)
        return roost_say_bad_number(message, "position", err, 0, 100, 0, "%");
    *mpct = (int32_t)(position * 1000.0 + 0.5);
    return 0;
}

static int motion_refused(const struct roost_window *window, struct roost_message *message, int err)
{
    if (err < 0) {
        roost_say(message, "motor: ");
        roost_say(message, window->device.safe_mode ? "safe mode"
                                                    : window_motor_state_name(window->motor.state));
    }
    return err;
}

static ROOST_COMMAND(window, calibrate)
{
    struct roost_window *window = (struct roost_window *)device;
    struct window_situation situation = window_situation_now(window);

    roost_write_nothing(out);
    return motion_refused(window, message, window_control_calibrate(&window->control, &situation));
}

static ROOST_COMMAND(window, move)
{
    struct roost_window *window = (struct roost_window *)device;
    struct window_situation situation = window_situation_now(window);
    int32_t mpct = 0;
    int err = get_position(&device->command, message, &mpct);

    if (err < 0)
        return err;
    roost_write_nothing(out);
    return motion_refused(window, message,
                          window_control_hand(&window->control, &situation, mpct,
                                              roost_device_u32(device, WINDOW_SET_HAND_HOLD)));
}

static ROOST_COMMAND(window, measure)
{
    struct roost_window *window = (struct roost_window *)device;
    int err = window_measure(window);

    roost_write_nothing(out);
    if (err < 0) {
        roost_say(message, "sensor: ");
        roost_say(message, roost_err_text(err));
    }
    return err;
}

const struct roost_command_row window_commands[WINDOW_COMMANDS] = {
    {"calibrate", window_command_calibrate},
    {"move", window_command_move},
    {"measure", window_command_measure},
};
