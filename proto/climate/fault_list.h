/* SPDX-License-Identifier: Apache-2.0 */
/* X(name, number, severity, text, what to do): what a window can report beside what every device
 * does, numbers 2xx. */
#ifndef ROOST_PROTO_CLIMATE_FAULT_LIST_H
#define ROOST_PROTO_CLIMATE_FAULT_LIST_H

#define WINDOW_FAULT_LIST(X)                                                                       \
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
