/* SPDX-License-Identifier: Apache-2.0 */
/* X(name, number, severity, text, what to do): what a voice companion can report beside what every
 * device does, numbers 3xx. */
#ifndef ROOST_PROTO_VOICE_FAULT_LIST_H
#define ROOST_PROTO_VOICE_FAULT_LIST_H

#define TEDDY_FAULT_LIST(X)                                                                        \
    X(NO_MICROPHONE, 301, CRITICAL, "the microphone gives no samples",                             \
      "Check the microphone's wiring; the next press tries again.")                                \
    X(SPEAKER, 302, CRITICAL, "the loudspeaker takes no samples",                                  \
      "Check the amplifier's wiring; the next sound tries again.")                                 \
    X(BUTTON, 303, WARNING, "the button has been down for a minute",                               \
      "Free the button; nothing is recorded meanwhile.")                                           \
    X(LIGHT, 304, WARNING, "the light does not answer", "Check the light's wiring.")               \
    X(NO_CHILD, 305, WARNING, "it has not been told whose it is",                                  \
      "Claim the device for a child; until then it connects to nothing.")                          \
    X(REFUSED, 306, WARNING, "the hub refuses the connection",                                     \
      "Check device id, key and child at the hub; it goes on trying, every few minutes.")

#endif
