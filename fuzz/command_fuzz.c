/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/fleet/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct roost_command command, again;
    if (roost_command_parse(&command, (const char *)data, len) != 0)
        return 0;
    FUZZ_CHECK(command.id[0] && command.name[0]);
    const char *args = NULL;
    size_t args_len = 0;
    if (command.args >= 0)
        args = roost_json_text(&command.doc, command.args, &args_len);
    char out[2 * ROOST_COMMAND_MAX];
    int written = roost_command_write(out, sizeof out, command.id, command.name, args, args_len,
                                      command.expires_ms);
    FUZZ_CHECK(written > 0);
    if (written > ROOST_COMMAND_MAX)
        return 0;
    FUZZ_CHECK(roost_command_parse(&again, out, (size_t)written) == 0);
    FUZZ_CHECK(strcmp(again.id, command.id) == 0 && strcmp(again.name, command.name) == 0);
    FUZZ_CHECK((again.args >= 0) == (command.args >= 0));
    return 0;
}
