/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/products/products.h"

#include "hub/climate/climate.h"

const struct hub_service *const hub_products[] = {
    &climate_service,
};

const size_t hub_product_count = sizeof hub_products / sizeof hub_products[0];
