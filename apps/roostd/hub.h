/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roostd put together: stores, services, broker, HTTP, on one libuv loop. Stopping loses nothing:
 * new work is not taken, what was received is stored and acknowledged, then the connections end.
 */
#ifndef ROOSTD_HUB_H
#define ROOSTD_HUB_H

#include "host/net/http_server.h"
#include "host/net/tls.h"
#include "hub/settings.h"

/* What the settings say of the server; shared with --check. */
void hub_http_config(const struct settings *settings, struct http_config *config);

void hub_tls_files(const struct settings *settings, struct tls_files *files);

/* Runs until SIGTERM or SIGINT. Returns the program's exit status; a part that cannot start has
 * been logged with its setting's name. */
int hub_run(const struct settings *settings);

#endif
