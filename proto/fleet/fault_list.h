/* SPDX-License-Identifier: Apache-2.0 */
/* X(name, number, severity, text, what to do): what every device can report, numbers 1xx. */
#ifndef ROOST_PROTO_FLEET_FAULT_LIST_H
#define ROOST_PROTO_FLEET_FAULT_LIST_H

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
      "update.")

#endif
