/* SPDX-License-Identifier: Apache-2.0 */
/* The products of this load generator; the first is meant when none is named. */
#include "apps/roost-load/product.h"

const struct load_product *const load_products[] = {&load_window, &load_teddy, &load_charger};
const size_t load_product_count = sizeof load_products / sizeof load_products[0];
