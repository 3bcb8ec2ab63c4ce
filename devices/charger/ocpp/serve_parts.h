/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The servers of the central system's CALLs, by subject, for the table in servers.c. Each file
 * takes the fields into ocpp->serving.asked, does what is asked through the station and its parts,
 * and says by a word what came of it. Depends on parts.h.
 */
#ifndef ROOST_DEVICES_CHARGER_OCPP_SERVE_PARTS_H
#define ROOST_DEVICES_CHARGER_OCPP_SERVE_PARTS_H

#include "devices/charger/ocpp/parts.h"

/* The verdict, as the answer's status. */
static inline enum ocpp_error charger_say(struct charger_ocpp *ocpp, enum ocpp_word verdict)
{
    ocpp->serving.verdict = verdict;
    return OCPP_ERROR_NONE;
}

static inline enum ocpp_error charger_say_or(struct charger_ocpp *ocpp, bool good,
                                             enum ocpp_word otherwise)
{
    return charger_say(ocpp, good ? OCPP_Accepted : otherwise);
}

/* An error instead of an answer; `text` is static. */
static inline enum ocpp_error charger_say_error(struct charger_ocpp *ocpp, enum ocpp_error error,
                                                const char *text)
{
    ocpp->serving.text = text;
    return error;
}

/* Whether there is such a connector; 0, the whole station, only where `zero` says so. */
static inline bool charger_has_connector(const struct charger_ocpp *ocpp, int32_t connector,
                                         bool zero)
{
    return connector >= (zero ? 0 : 1) && connector <= ocpp->config.station->config.connectors;
}

/* serve_orders.c */
int charger_take_order(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_remote_start(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_remote_stop(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_reset(struct charger_ocpp *ocpp);
void charger_after_reset(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_unlock(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_availability(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_reserve(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_cancel(struct charger_ocpp *ocpp);

/* serve_trigger.c: both messages */
enum ocpp_error charger_serve_trigger(struct charger_ocpp *ocpp);
void charger_after_trigger(struct charger_ocpp *ocpp);

/* serve_keys.c */
int charger_take_key(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_key(struct charger_ocpp *ocpp);
void charger_after_key(struct charger_ocpp *ocpp);
int charger_take_keys(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_keys(struct charger_ocpp *ocpp);
void charger_write_keys(struct charger_ocpp *ocpp, struct ocpp_writer *w);

/* serve_tags.c */
enum ocpp_error charger_serve_clear_cache(struct charger_ocpp *ocpp);
void charger_begin_list(struct charger_ocpp *ocpp);
int charger_take_list(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_list(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_list_version(struct charger_ocpp *ocpp);
void charger_write_list_version(struct charger_ocpp *ocpp, struct ocpp_writer *w);

/* serve_profiles.c */
/* Takes the fields of a ChargingProfile wherever it stands; true: it was one. */
bool charger_take_profile(struct charger_profile *profile, const struct ocpp_value *value,
                          int *err);
int charger_take_profiles(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_set_profile(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_clear_profile(struct charger_ocpp *ocpp);
enum ocpp_error charger_serve_composite(struct charger_ocpp *ocpp);
void charger_write_composite(struct charger_ocpp *ocpp, struct ocpp_writer *w);

/* serve_files.c */
int charger_take_upload(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_diagnostics(struct charger_ocpp *ocpp);
void charger_write_diagnostics(struct charger_ocpp *ocpp, struct ocpp_writer *w);
enum ocpp_error charger_serve_log(struct charger_ocpp *ocpp);
void charger_write_log(struct charger_ocpp *ocpp, struct ocpp_writer *w);

/* serve_vendor.c */
int charger_take_transfer(void *ctx, const struct ocpp_value *value);
enum ocpp_error charger_serve_transfer(struct charger_ocpp *ocpp);
void charger_write_transfer(struct charger_ocpp *ocpp, struct ocpp_writer *w);

#endif
