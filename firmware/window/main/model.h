/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's surroundings on the chip itself (world/window), for emulators and for a board that
 * lacks some of the parts: each of them is one in the list, and all stand in one world. These chips
 * have no floating point of double precision: the house goes in steps of ten seconds, and the
 * street gives the microphone its level, four times a second, for a noise in integers. Two seconds
 * of sound cost one percent of a processor at 160 MHz, where world_street_pcm takes eleven.
 *
 *     WINDOW_MODEL_MOTOR(),                // in the list of parts
 */
#ifndef ROOST_FIRMWARE_WINDOW_MODEL_H
#define ROOST_FIRMWARE_WINDOW_MODEL_H

#include "port/esp-idf/esp_part.h"

extern const struct esp_driver window_model_climate, window_model_motor, window_model_audio;
#define WINDOW_MODEL_CLIMATE() ESP_BARE_PART(window_model_climate)
#define WINDOW_MODEL_MOTOR()   ESP_BARE_PART(window_model_motor)
#define WINDOW_MODEL_AUDIO()   ESP_BARE_PART(window_model_audio)

#endif
