/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/product.h"

#include <string.h>

#include "sim/charger.h"
#include "sim/teddy.h"
#include "sim/window.h"

const struct sim_product *const sim_products[] = {&sim_window, &sim_teddy, &sim_charger};
const size_t sim_product_count = sizeof sim_products / sizeof sim_products[0];

const struct sim_product *sim_product_find(const char *name)
{
    for (size_t i = 0; i < sim_product_count; i++)
        if (strcmp(sim_products[i]->name, name) == 0)
            return sim_products[i];
    return NULL;
}
