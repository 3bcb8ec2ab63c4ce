/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says to the FTP client of port/parts/ftp.h: the first byte chooses the job, the
 * rest are its replies, in pieces as the machine takes them. */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "port/parts/ftp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ftp_job job = {.user = "u", .password = "p", .path = "dir/file"};
    struct ftp ftp;
    size_t at = 1;

    if (len == 0)
        return 0;
    job.store = data[0] & 1;
    job.offset = data[0] & 2 ? 4000 : 0;
    FUZZ_CHECK(ftp_init(&ftp, &job) == 0);
    while (ftp.next != FTP_OVER) {
        size_t end;
        switch (ftp.next) {
        case FTP_SEND:
            end = strlen(ftp.command);
            FUZZ_CHECK(end > 2 && strcspn(ftp.command, "\r\n") == end - 2);
            ftp_sent(&ftp);
            break;
        case FTP_CONNECT:
            FUZZ_CHECK(ftp.data_port > 0);
            ftp_connected(&ftp, !(data[0] & 4));
            break;
        case FTP_TRANSFER:
            ftp_moved(&ftp, !(data[0] & 8));
            break;
        default:
            if (at == len) {
                ftp_failed(&ftp, ROOST_ERR_CLOSED);
                break;
            }
            at += ftp_take(&ftp, (const char *)data + at, len - at);
        }
    }
    FUZZ_CHECK(ftp.status <= 0 && ftp.code >= 0 && ftp.code < 600);
    FUZZ_CHECK(ftp.status < 0 || ftp.code / 100 == 2);
    return 0;
}
