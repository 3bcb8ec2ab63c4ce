/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The products of this hub, a row each (hub/service.h): what roostd and the simulator run. A new
 * product adds its line to products.c. Depends on the services.
 */
#ifndef ROOST_HUB_PRODUCTS_PRODUCTS_H
#define ROOST_HUB_PRODUCTS_PRODUCTS_H

#include "hub/service.h"

extern const struct hub_service *const hub_products[];
extern const size_t hub_product_count;

#endif
