/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/esp32/fake/idf.h"
