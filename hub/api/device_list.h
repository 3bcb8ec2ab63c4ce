/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of devices, with its filters and counts, of a fleet of any size: the fleet is walked by
 * id in slices of a millisecond, one a turn of the loop, so that a search among a hundred thousand
 * devices holds up no message and no other request. Lists wait for each other, first come, first
 * served; beyond DEVICE_LISTS_MAX of them: 503. A list ends with its client. Depends on
 * hub/rest/answer.h, libuv.
 */
#ifndef ROOST_HUB_API_DEVICE_LIST_H
#define ROOST_HUB_API_DEVICE_LIST_H

#include "hub/rest/answer.h"

enum { DEVICE_LISTS_MAX = 64, DEVICE_LIST_SLICE_US = 1000 };

struct uv_loop_s;
struct device_lists;

/* loop NULL: each list is made at once. Everything is borrowed. NULL: out of memory. */
struct device_lists *device_lists_new(struct uv_loop_s *loop, struct fleet *fleet);

/* The loop has to turn once more. Lists under way are dropped: their exchanges are gone by then. */
void device_lists_free(struct device_lists *lists);

/* Answers with the list that the query asks for. */
void device_lists_ask(struct device_lists *lists, const struct http_request *request,
                      struct http_exchange *exchange);

#endif
