/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/products/products.h"

#include "hub/climate/climate.h"
#include "hub/csms/csms.h"
#include "hub/voice/voice.h"

/* A product that wants no more of the hub than every device has. */
static const struct hub_service lamp = {.name = "lamp", .type = "lamp"};

const struct hub_service *const hub_products[] = {
    &climate_service,
    &voice_service,
    &csms_service,
    &lamp,
};

const size_t hub_product_count = sizeof hub_products / sizeof hub_products[0];
