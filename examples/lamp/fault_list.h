/* SPDX-License-Identifier: Apache-2.0 */
/* X(name, number, severity, text, what to do): what a lamp can report, numbers 9xx. */
#ifndef ROOST_EXAMPLES_LAMP_FAULT_LIST_H
#define ROOST_EXAMPLES_LAMP_FAULT_LIST_H

#define LAMP_FAULT_LIST(X)                                                                         \
    X(BUTTON_STUCK, 901, WARNING, "the button has been down for a minute",                         \
      "Free the button; the lamp takes commands meanwhile.")

#endif
