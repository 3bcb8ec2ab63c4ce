/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ROOST_ASSERT is for our own bugs and stays on in release builds; error codes are for the world.
 * A failed assertion calls the handler (which reboots a device and aborts a program) and does not
 * return. It is told the place and not the expression, which would cost a chip a kilobyte of
 * strings and stands in that place. Must not depend on anything.
 */
#ifndef ROOST_CORE_ASSERT_H
#define ROOST_CORE_ASSERT_H

typedef void (*roost_assert_fn)(const char *file, int line);

/* Sets the handler for the whole program; it must not return. Without one, the program traps. */
void roost_assert_handler(roost_assert_fn handler);

_Noreturn void roost_assert_failed(const char *file, int line);

#define ROOST_ASSERT(expression) ((expression) ? (void)0 : roost_assert_failed(__FILE__, __LINE__))

#endif
