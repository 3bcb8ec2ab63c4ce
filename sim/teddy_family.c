/* SPDX-License-Identifier: Apache-2.0 */
/* Who the children are and what their parents agreed to, as the hub's book says it; and what comes
 * to the recogniser of their sound: whose, allowed, once, in order. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/datetime.h"
#include "core/fnv.h"
#include "hub/factory/seal.h"
#include "sim/teddy.h"
#include "sim/world.h"

enum { TAG_BITS = 14, SILENT_BIT = 0x100, ALL_TAGS = 0xF, LETTERS = 6 };

/* ---- children ---- */

/* The prefix and letters that no other run's and no other child's have. */
static void mark(char *out, size_t size, const char *prefix, uint64_t seed, uint32_t index)
{
    uint64_t key = roost_fnv64(roost_fnv64(ROOST_FNV64, &seed, sizeof seed), &index, sizeof index);
    size_t at = strlen(prefix);

    snprintf(out, size, "%s", prefix);
    for (size_t i = 0; i < LETTERS && at + 1 < size; i++, key /= 26)
        out[at++] = (char)('a' + key % 26);
    snprintf(out + at, size - at, "%02" PRIu32, index);
}

/* Every fifth child's parents have not agreed, every third teddy has been claimed, every fourth
 * child speaks Arabic. */
void sim_child_init(struct sim_teddy *teddy)
{
    enum { WITHOUT = 5, CLAIMED = 3, ARABIC = 4, AGES = 11, AGE_LOW = 3 };
    struct sim_child *child = &teddy->child;
    uint32_t index = teddy->device.board.options.index;
    uint64_t seed = teddy->device.board.clock->seed;

    snprintf(child->id, sizeof child->id, "c-%02" PRIu32, index);
    snprintf(child->age, sizeof child->age, "%" PRIu32, AGE_LOW + index % AGES);
    mark(child->name, sizeof child->name, SIM_TEDDY_NAME, seed, index);
    mark(child->word, sizeof child->word, SIM_TEDDY_WORD, seed, index);
    child->language = index % ARABIC == ARABIC - 1 ? CHILD_AR : CHILD_EN;
    child->consent = child->ever = index % WITHOUT != WITHOUT - 1;
    child->claimed = index % CLAIMED == CLAIMED - 1;
    for (size_t i = 0; child->claimed && i < sizeof child->key; i++)
        child->key[i] = (uint8_t)(index * 7 + i * 11 + 1);
}

/* ---- the registry ---- */

static void enter_claim(struct sim_store *store, const struct sim_teddy *teddy)
{
    const struct sim_child *child = &teddy->child;
    struct registry_credential credential = {.hardware_version = 1,
                                             .sealed_len = sizeof child->key + SEAL_EXTRA};
    struct registry_claim *claim = &store->claims[store->claim_count++];

    snprintf(claim->device_id, sizeof claim->device_id, "%s", teddy->device.id);
    snprintf(claim->child_id, sizeof claim->child_id, "%s", child->id);
    snprintf(credential.device_id, sizeof credential.device_id, "%s", teddy->device.id);
    ROOST_ASSERT(seal_close(credential.secret_sealed, SIM_REGISTRY_KEY, teddy->device.id,
                            child->key, sizeof child->key) == 0);
    sim_store_keep_credential(store, &credential);
}

/* As an operator would have, before it all begins. */
static void enter(struct sim_store *store, const struct sim_teddy *teddy)
{
    const struct sim_child *child = &teddy->child;
    int64_t years_ms = (int64_t)atoi(child->age) * 366 * 86400000;
    char born[ROOST_DATETIME_LEN + 1]; /* "2019-06-..." */
    struct registry_child *at = &store->children[store->child_count++];

    ROOST_ASSERT(store->child_count <= SIM_STORE_CHILDREN);
    roost_datetime_write(born, sim_unix_ms(teddy->device.board.clock) - years_ms);
    *at = (struct registry_child){.birth_year = (unsigned)atoi(born),
                                  .birth_month = (unsigned)atoi(born + 5),
                                  .consents = child->consent ? REGISTRY_CONSENT_SERVICE : 0};
    snprintf(at->id, sizeof at->id, "%s", child->id);
    snprintf(at->language, sizeof at->language, "%s", child->language == CHILD_AR ? "ar" : "en");
    if (child->claimed)
        enter_claim(store, teddy);
}

static void enter_consent(struct sim_store *store, const struct sim_child *child)
{
    for (size_t i = 0; i < store->child_count; i++)
        if (strcmp(store->children[i].id, child->id) == 0)
            store->children[i].consents = child->consent ? REGISTRY_CONSENT_SERVICE : 0;
}

void sim_child_consents(struct sim_teddy *teddy, bool consent)
{
    struct sim_child *child = &teddy->child;

    if (child->consent == consent)
        return;
    child->consent = consent;
    child->ever |= consent;
    child->changed_ms = sim_device_now_ms(&teddy->device);
    enter_consent(&teddy->family->world->store, child);
    if (teddy->family->world->hub.running)
        sim_voice_changed(&teddy->family->world->hub.voice, child->id);
}

/* ---- what comes to the recogniser ---- */

static struct sim_teddy *find(const struct sim_family *family, const char *name)
{
    const struct sim_fleet *fleet = sim_world_fleet(family->world, &sim_teddy);

    for (uint32_t i = 0; i < fleet->count; i++) {
        struct sim_teddy *teddy = sim_teddy_of(family->world->devices[fleet->first + i]);

        if (strcmp(teddy->child.name, name) == 0)
            return teddy;
    }
    return NULL;
}

static void *begins(void *ctx, const char *child_name)
{
    struct sim_family *family = ctx;
    struct sim_teddy *teddy = find(family, child_name);

    if (!teddy && family->wrong[0] == '\0')
        snprintf(family->wrong, sizeof family->wrong, "sound of a child that nobody knows");
    if (teddy)
        teddy->tags = 0;
    return teddy;
}

static void check_allowed(struct sim_teddy *teddy)
{
    const struct sim_child *child = &teddy->child;

    if (!child->consent &&
        sim_device_now_ms(&teddy->device) > child->changed_ms + SIM_TEDDY_TOLD_MS)
        sim_teddy_wrong(teddy, "consent", "is heard by the hub without its parents' consent");
}

/* A group of four is whole: it is this child's, and later than all that came before. */
static void check_group(struct sim_teddy *teddy)
{
    if (teddy->newest_known && teddy->group <= teddy->newest)
        sim_teddy_wrong(teddy, "twice",
                        "is heard again: group %" PRIu64 " of its sound after %" PRIu64,
                        teddy->group, teddy->newest);
    teddy->newest = teddy->group;
    teddy->newest_known = true;
}

static void sound(void *speaker, const int16_t *pcm, size_t samples)
{
    struct sim_teddy *teddy = speaker;
    uint32_t index = teddy->device.board.options.index;

    check_allowed(teddy);
    for (size_t i = 0; i < samples; i++) {
        unsigned tag = (uint16_t)pcm[i] >> TAG_BITS;
        uint64_t bits = (uint16_t)pcm[i] & ((1u << TAG_BITS) - 1);

        if (tag == 0) {
            if ((bits & (SILENT_BIT - 1)) != index)
                sim_teddy_wrong(teddy, "mixed", "is heard with the sound of number %" PRIu64,
                                bits & (SILENT_BIT - 1));
            teddy->words[0] = bits & SILENT_BIT ? '\0' : 'w';
            teddy->tags = 1;
            teddy->group = 0;
            continue;
        }
        teddy->tags |= 1u << tag;
        teddy->group |= bits << (tag - 1) * TAG_BITS;
        if (tag == 3 && teddy->tags == ALL_TAGS)
            check_group(teddy);
    }
}

static const char *words(void *speaker)
{
    struct sim_teddy *teddy = speaker;
    uint32_t roll = (uint32_t)sim_random_below(&teddy->random, 20);

    if (teddy->words[0] == '\0')
        return NULL;
    if (roll == 0)
        return "";
    snprintf(teddy->words, sizeof teddy->words, "%s %s", teddy->child.word,
             roll == 1 ? SIM_VOICE_BAD_WORD : "and why");
    return teddy->words;
}

/* ---- lifecycle ---- */

void *sim_family_new(struct sim_world *world)
{
    static const struct sim_voice_ops ops = {begins, sound, words};
    struct sim_family *family = calloc(1, sizeof *family);
    const struct sim_fleet *fleet = sim_world_fleet(world, &sim_teddy);

    if (!family)
        return NULL;
    family->world = world;
    family->ended_keys = calloc(SIM_TEDDY_ENDED, sizeof *family->ended_keys);
    if (!family->ended_keys) {
        free(family);
        return NULL;
    }
    for (uint32_t i = 0; i < fleet->count; i++) {
        struct sim_teddy *teddy = sim_teddy_of(world->devices[fleet->first + i]);
        teddy->family = family;
        enter(&world->store, teddy);
    }
    world->hub.voice.ops = &ops;
    world->hub.voice.ops_ctx = family;
    return family;
}

void sim_family_free(void *ctx)
{
    struct sim_family *family = ctx;

    free(family->ended_keys);
    free(family);
}
