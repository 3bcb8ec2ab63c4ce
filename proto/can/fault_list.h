/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charger's power part can report beside what every device does, numbers 4xx. Two more
 * columns than other products' lists: the class, which any central system's protocol can be told
 * in, and what it takes to clear it (proto/can/fault.h).
 */
#ifndef ROOST_PROTO_CAN_FAULT_LIST_H
#define ROOST_PROTO_CAN_FAULT_LIST_H

/* R(X, name, number, severity, class, release, text, what to do) */
#define CHARGER_FAULT_ROWS(R, X)                                                                   \
    R(X, EMERGENCY_STOP, 401, CRITICAL, EMERGENCY, HAND, "the emergency stop was pressed",         \
      "Find out why. Release the button, then reset the charger at its panel.")                    \
    R(X, BATTERY_SILENT, 402, WARNING, VEHICLE, SELF, "the battery sends nothing",                 \
      "Check the gun's signal pins and the battery; charging begins anew when it speaks.")         \
    R(X, BATTERY_RANGE, 403, WARNING, VEHICLE, SELF,                                               \
      "the battery asks for what the charger cannot give",                                         \
      "The battery does not belong to this charger, or its management is defective.")              \
    R(X, BATTERY_BUS_OFF, 404, CRITICAL, COMMUNICATION, SELF, "the battery's bus is off",          \
      "Check the gun's signal cable for a short circuit; it tries again every 5 s.")               \
    R(X, MODULE_BUS_OFF, 405, CRITICAL, COMMUNICATION, SELF, "the power module's bus is off",      \
      "Check the module's signal cable and its termination; it tries again every 5 s.")            \
    R(X, MODULE_SILENT, 406, CRITICAL, POWER_MODULE, SELF,                                         \
      "the power module sends nothing, or no measurements",                                        \
      "Check the module's mains fuse and signal cable; replace the module.")                       \
    R(X, MODULE_STUCK_ON, 407, CRITICAL, POWER_MODULE, HAND,                                       \
      "the power module goes on though it was switched off",                                       \
      "Switch the mains off. Replace the module, then reset the charger.")                         \
    R(X, MODULE_HOT, 408, CRITICAL, HIGH_TEMPERATURE, SELF,                                        \
      "the power module is above 70 degrees",                                                      \
      "Clean the filters and check the fan; it goes on below 65 degrees.")                         \
    R(X, OVER_VOLTAGE, 409, CRITICAL, OVER_VOLTAGE, SESSION, "the output voltage is too high",     \
      "End the session. If it comes again, replace the power module.")                             \
    R(X, UNDER_VOLTAGE, 410, WARNING, UNDER_VOLTAGE, SESSION, "the output voltage is too low",     \
      "End the session. The battery is below 56 V, or the output has a short circuit.")            \
    R(X, OVER_CURRENT, 411, CRITICAL, OVER_CURRENT, SESSION, "the output current is too high",     \
      "End the session. If it comes again, replace the power module.")                             \
    R(X, METER_DEVIATION, 412, CRITICAL, METER, HAND,                                              \
      "the module's two measurements of current differ by more than 10 %",                         \
      "Compare both with a clamp meter, replace the module, then reset the charger.")              \
    R(X, MEASUREMENT, 413, CRITICAL, METER, SESSION, "the power module measures what cannot be",   \
      "End the session. If it comes again, replace the power module.")                             \
    R(X, GUN_HOT, 414, CRITICAL, HIGH_TEMPERATURE, SELF, "the gun is above 70 degrees",            \
      "Clean the contacts of gun and inlet; it goes on below 55 degrees.")                         \
    R(X, GUN_SENSOR, 415, CRITICAL, OTHER, SELF, "the gun's temperature cannot be read",           \
      "Check the sensor's wires in the gun's cable.")                                              \
    R(X, UNPLUGGED, 416, WARNING, VEHICLE, SESSION, "the gun was pulled while current could flow", \
      "Check gun and inlet for burns, then plug in anew.")                                         \
    R(X, INSULATION, 417, CRITICAL, GROUND, HAND, "the insulation is too low",                     \
      "Do not touch the vehicle's metal. Check cable, gun and battery, then reset the charger.")   \
    R(X, INSULATION_TEST, 418, CRITICAL, GROUND, HAND,                                             \
      "the insulation monitor does not react to its test",                                         \
      "Check the monitor's supply and wires, replace it, then reset the charger.")                 \
    R(X, POLARITY, 419, CRITICAL, OTHER, SESSION, "the battery is connected in reverse",           \
      "Unplug. Have the inlet's wiring checked before it is charged anywhere.")                    \
    R(X, DOOR, 420, CRITICAL, OTHER, SELF, "the housing is open", "Close and lock the door.")      \
    R(X, EARTH, 421, CRITICAL, GROUND, SELF, "protective earth is missing",                        \
      "Switch the mains off and have the earth connection checked by an electrician.")             \
    R(X, FAN, 422, CRITICAL, HIGH_TEMPERATURE, SELF, "the fan stands still",                       \
      "Check the fan for what blocks it; replace it.")                                             \
    R(X, CONTACTOR_OPEN, 423, CRITICAL, SWITCH, HAND, "the contactor did not close",               \
      "Check the contactor's coil and auxiliary contact, then reset the charger.")                 \
    R(X, CONTACTOR_WELDED, 424, CRITICAL, SWITCH, HAND, "the contactor did not open",              \
      "Switch the mains off. Replace the contactor, then reset the charger.")                      \
    R(X, PRECHARGE, 425, CRITICAL, SWITCH, SESSION,                                                \
      "the output did not reach the battery's voltage",                                            \
      "End the session. Check the precharge relay and resistor, and the battery's own contactor.") \
    R(X, MODULE_TEMPERATURE, 426, CRITICAL, POWER_MODULE, SELF,                                    \
      "the power module's temperature is not known",                                               \
      "Check the module's signal cable; replace the module. It goes on when it is told again.")    \
    R(X, REVERSE_CURRENT, 427, CRITICAL, POWER_MODULE, HAND, "current flows out of the battery",   \
      "Unplug. Replace the power module, then reset the charger.")                                 \
    R(X, METER_SILENT, 428, CRITICAL, METER, SELF, "the energy meter does not answer",             \
      "Check the meter's supply and the wires of its serial line; it goes on when it answers.")

#define CHARGER_FAULT_SHORT(X, name, number, severity, class, release, text, action)               \
    X(name, number, severity, text, action)

/* X(name, number, severity, text, what to do), as every product's. */
#define CHARGER_FAULT_LIST(X) CHARGER_FAULT_ROWS(CHARGER_FAULT_SHORT, X)

#endif
