/* SPDX-License-Identifier: Apache-2.0 */
/* X(name, number, severity, text, what to do). 1xx every device, 2xx window. */
#ifndef ROOST_CORE_FAULT_LIST_H
#define ROOST_CORE_FAULT_LIST_H

#define ROOST_FAULT_LIST(X)                                                                        \
    X(FLASH, 101, CRITICAL, "flash cannot be written",                                             \
      "Readings are kept in memory only. Replace the device if a reboot does not clear it.")       \
    X(MEMORY_LOW, 102, WARNING, "free memory below the limit",                                     \
      "Read the log, then reboot the device; report the firmware version if it returns.")          \
    X(JOURNAL_FULL, 103, WARNING, "offline journal full, oldest readings given up",                \
      "Restore the connection to the broker; the gap is counted at the hub.")                      \
    X(CRASH_LOOP, 104, CRITICAL, "repeated crashes, running in safe mode",                         \
      "Read the log, install a known good firmware, then reboot.")                                 \
    X(BROWN_OUT, 105, WARNING, "the supply voltage sagged and reset the device",                   \
      "Check the power supply and its cable.")                                                     \
    X(CLOCK, 106, INFO, "wall clock not set",                                                      \
      "Check that the time server can be reached; readings are stamped by the hub meanwhile.")     \
    X(UPDATE_FAILED, 107, WARNING, "the last firmware update failed",                              \
      "Read the update's report; the old firmware runs on. Offer another image, then send "        \
      "update.")                                                                                   \
    X(SENSOR_SILENT, 201, WARNING, "climate sensor does not answer",                               \
      "Check the sensor's wiring; the window stays under manual and safe control.")                \
    X(SENSOR_RANGE, 202, WARNING, "climate sensor reads outside its range",                        \
      "Check the sensor for water or heat; replace it if the fault stays.")                        \
    X(SENSOR_STUCK, 203, WARNING, "climate sensor repeats the same value",                         \
      "Power-cycle the device; replace the sensor if the fault stays.")                            \
    X(MICROPHONE, 204, WARNING, "microphone gives no samples",                                     \
      "Check the microphone's wiring; decisions go on without new sound levels.")                  \
    X(MOTOR_STALL, 205, CRITICAL, "window motor stalled",                                          \
      "Clear what blocks the window, then send the command calibrate.")                            \
    X(MOTOR_UNCALIBRATED, 206, WARNING, "window travel not calibrated",                            \
      "Send the command calibrate with the window free to move.")                                  \
    X(CONTROL_LOST, 207, WARNING, "no valid control for too long, window in its safe position",    \
      "Check the hub, the model service and the connection.")

#endif
