/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

enum { STORY_WORDS_MIN = 120, STORY_WORDS_MAX = 300 };

static int bad(const struct check *c, uint16_t file, uint16_t line, const char *what,
               const char *name)
{
    return talk_fault_at(c->fault, c->tongue, file, line, ROOST_ERR_INVALID, what, name);
}

static uint16_t scene_find(const struct tongue *tongue, const struct piece *story, const char *name)
{
    for (uint16_t i = story->scene; i < story->scene + story->scenes; i++)
        if (!strcmp(tongue->scenes.at[i].name, name))
            return i;
    return NONE;
}

static int check_scene(const struct check *c, struct piece *story, uint16_t index)
{
    struct scene *scene = &c->tongue->scenes.at[index];
    unsigned choices = 0;
    if (scene_find(c->tongue, story, scene->name) != index)
        return bad(c, scene->file, scene->line, "scene %s was there before", scene->name);
    if (!scene->tell.first)
        return bad(c, scene->file, scene->line, "scene %s has no tell:", scene->name);
    for (uint16_t i = scene->choice; i; i = c->tongue->leads.at[i - 1].next, choices++) {
        struct lead *lead = &c->tongue->leads.at[i - 1];
        lead->to = scene_find(c->tongue, story, lead->name);
        if (lead->to == NONE)
            return bad(c, lead->file, lead->line, "no scene %s in this story", lead->name);
    }
    if (scene->go_name && (scene->go = scene_find(c->tongue, story, scene->go_name)) == NONE)
        return bad(c, scene->file, scene->line, "go: no scene %s in this story", scene->go_name);
    if ((choices > 0) != (scene->ask.first != 0) || choices == 1 || (choices && scene->go_name))
        return bad(c, scene->file, scene->line,
                   "scene %s: ask: with two or more choice:, or go:, or none of them", scene->name);
    return 0;
}

/* Follows every way; returns endings below the scene, or a fault when one does not end. */
static int follow(const struct check *c, const struct piece *story, uint16_t index, unsigned depth,
                  uint8_t *seen)
{
    const struct scene *scene = &c->tongue->scenes.at[index];
    if (depth > story->scenes)
        return bad(c, scene->file, scene->line, "scene %s comes again: the story never ends",
                   scene->name);
    int endings = 0;
    if (seen[index - story->scene]) /* its ways were followed */
        return 0;
    for (uint16_t i = scene->choice; i; i = c->tongue->leads.at[i - 1].next) {
        int found = follow(c, story, c->tongue->leads.at[i - 1].to, depth + 1, seen);
        if (found < 0)
            return found;
        endings += found;
    }
    if (scene->go != NONE)
        endings = follow(c, story, scene->go, depth + 1, seen);
    if (endings >= 0)
        seen[index - story->scene] = 1;
    return scene->choice || scene->go != NONE ? endings : 1;
}

static int check_story_size(const struct check *c, const struct piece *story, int group)
{
    unsigned all = 0;
    for (uint16_t i = story->scene; i < story->scene + story->scenes; i++) {
        unsigned words = 0, bytes = 0, count = 0;
        const struct scene *scene = &c->tongue->scenes.at[i];
        talk_measure(c, scene->tell, group, &words, &bytes, &count);
        talk_measure(c, scene->ask, group, &words, &bytes, &count);
        all += words;
        if (words > SCENE_WORDS_MAX)
            return talk_fault_at(c->fault, c->tongue, scene->file, scene->line, ROOST_ERR_TOO_LONG,
                                 "a scene of %u words, at most %d", words, SCENE_WORDS_MAX);
        for (unsigned n = 0; scene->go != NONE && n < story->scenes; n++) {
            scene = &c->tongue->scenes.at[scene->go];
            talk_measure(c, scene->tell, group, &words, &bytes, &count);
            talk_measure(c, scene->ask, group, &words, &bytes, &count);
        }
        if (bytes > SPOKEN_BYTES_MAX || count > COMPANION_REPLY_LINES - 8)
            return talk_fault_at(c->fault, c->tongue, scene->file, scene->line, ROOST_ERR_TOO_LONG,
                                 "%u bytes in %u lines without a choice, at most %d in %d", bytes,
                                 count, SPOKEN_BYTES_MAX, COMPANION_REPLY_LINES - 8);
    }
    if (all < STORY_WORDS_MIN || all > STORY_WORDS_MAX)
        return talk_fault_at(c->fault, c->tongue, story->file, story->line, ROOST_ERR_INVALID,
                             "story %s has %u words for ages %s; %d to %d are right", story->name,
                             all, child_age_group_name((enum child_age_group)group),
                             STORY_WORDS_MIN, STORY_WORDS_MAX);
    return 0;
}

int talk_check_story(const struct check *c, struct piece *story)
{
    uint8_t seen[256] = {0};
    int err = 0;
    if (!story->scenes || story->scenes > sizeof seen || !story->title.first)
        return bad(c, story->file, story->line,
                   "story %s needs title: and 1 to 256 scene:", story->name);
    for (uint16_t i = story->scene; i < story->scene + story->scenes && err == 0; i++)
        err = check_scene(c, story, i);
    int endings = err == 0 ? follow(c, story, story->scene, 1, seen) : err;
    if (endings < 0)
        return endings;
    if (endings < 2)
        return bad(c, story->file, story->line, "story %s needs a choice and two endings",
                   story->name);
    for (uint16_t i = 0; i < story->scenes && err == 0; i++)
        if (!seen[i])
            err = bad(c, c->tongue->scenes.at[story->scene + i].file,
                      c->tongue->scenes.at[story->scene + i].line, "nothing leads to scene %s",
                      c->tongue->scenes.at[story->scene + i].name);
    for (int group = 0; group < CHILD_AGE_GROUPS && err == 0; group++)
        if (story->groups & 1 << group)
            err = check_story_size(c, story, group);
    return err;
}
