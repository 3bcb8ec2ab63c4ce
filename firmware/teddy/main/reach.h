/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a teddy reaches its hub, and whose it is: the factory's data, or on a desk what was
 * configured. Depends on firmware/common.
 *
 * Its key is the secret that its factory gave it: a claim makes the hub look for that one
 * (PROTOCOLS 1 and 3). Its child is the one it was claimed for, by the hub's opaque id. Of a child
 * nothing else is on a board: the name that the address has to hold is the same for all, the hub
 * looks at the child's own record for its age, and one that goes by the address meets the youngest.
 */
#ifndef ROOST_FIRMWARE_TEDDY_REACH_H
#define ROOST_FIRMWARE_TEDDY_REACH_H

#include "firmware/common/firmware.h"

#define TEDDY_CHILD_NAME "friend"
#define TEDDY_CHILD_AGE  "3"

/* For struct firmware_product. A production image speaks TLS only. One without a hub, a key or a
 * child is not provisioned, which is no error: the teddy shows it. */
bool teddy_reach(struct esp_factory *factory);

#endif
