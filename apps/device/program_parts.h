/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the skeleton (program.h). */
#ifndef ROOST_APPS_DEVICE_PROGRAM_PARTS_H
#define ROOST_APPS_DEVICE_PROGRAM_PARTS_H

#include "apps/device/program.h"

enum { PROGRAM_OPTION_SETS = 5 };

/* settings.c: all options of the product's program, and what they may not be. */
void program_options(struct device_program *program, struct option_set sets[PROGRAM_OPTION_SETS]);
int program_check(struct device_program *program, char *why, size_t why_size);

/* update.c: fills in `update`. Returns 0, or an error with `why` set. */
int program_check_update(struct device_program *program, char *why, size_t why_size);

/* words.c: one command of the control socket; a control_fn with the program as its context. */
void program_command(void *ctx, int argc, char **argv, struct roost_json_writer *answer);

/* state.c: device and world in one object. */
void program_write_state(struct device_program *program, struct roost_json_writer *answer);

#endif
