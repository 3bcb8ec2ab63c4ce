/* SPDX-License-Identifier: Apache-2.0 */
#include "files.h"

#include "host/log.h"
#include "host/process.h"

uint32_t files_fit(uint64_t limit, uint32_t wanted)
{
    if (limit < FILES_RESERVE + FILES_CONNECTIONS_MIN)
        return FILES_CONNECTIONS_MIN;
    return limit - FILES_RESERVE < wanted ? (uint32_t)(limit - FILES_RESERVE) : wanted;
}

uint32_t files_take(uint32_t wanted)
{
    uint64_t limit = process_raise_files();
    uint32_t fit = files_fit(limit, wanted);

    if (fit < wanted || limit < FILES_RESERVE + FILES_CONNECTIONS_MIN)
        HOST_LOG(ROOST_LOG_WARN, "hub",
                 "the limit of open files is too low for ROOST_HTTP_CONNECTIONS; raise it: ulimit "
                 "-Hn, LimitNOFILE=",
                 RF_INT("open_files", (int64_t)limit), RF_INT("wanted", wanted),
                 RF_INT("connections", fit));
    return fit;
}
