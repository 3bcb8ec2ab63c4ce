/* SPDX-License-Identifier: Apache-2.0 */
/* A part of hub/voice/test_rig.h: what a device reads of what the hub says. */
#ifndef ROOST_HUB_VOICE_TEST_READS_H
#define ROOST_HUB_VOICE_TEST_READS_H

#include "hub/voice/test_rig.h"

/* ---- what a device reads ---- */

static inline void rig_text_of(const char *json, const char *key, char *out, size_t size)
{
    struct roost_json doc;
    struct roost_json_token tokens[64];

    out[0] = '\0';
    assert_int_equal(roost_json_parse(&doc, tokens, 64, json, strlen(json)), 0);
    (void)roost_json_get_string(&doc, ROOST_JSON_ROOT, key, out, size);
}

static inline void rig_note(struct rig_peer *peer, const char *text, size_t len)
{
    struct voice_down down;
    struct rig_seen *seen = &peer->seen[peer->count % RIG_SEEN];

    assert_int_equal(voice_down_parse(&down, text, len), 0);
    *seen = (struct rig_seen){.type = down.type,
                              .error = down.error,
                              .format = down.format,
                              .seq = down.seq,
                              .is_final = down.is_final,
                              .resumed = down.resumed,
                              .at_ms = rig.fake.now_ms,
                              .len = len};
    memcpy(seen->session_id, down.session_id, sizeof seen->session_id);
    if (down.type == VOICE_DOWN_AUDIO_RESPONSE) {
        seen->sound_bytes = down.audio_len / 4 * 3;
        for (size_t i = down.audio_len; i > 0 && down.audio[i - 1] == '='; i--)
            seen->sound_bytes--;
        seen->ms = (uint32_t)(seen->sound_bytes / 32);
    }
    rig_text_of(text,
                down.type == VOICE_DOWN_ERROR       ? "error_message"
                : down.type == VOICE_DOWN_COMMAND   ? "command"
                : down.type == VOICE_DOWN_HEARTBEAT ? "type"
                                                    : "text",
                seen->text, sizeof seen->text);
    const char *bytes = strstr(text, "\"bytes\":");
    if (down.type == VOICE_DOWN_AUDIO_ACK && bytes)
        snprintf(seen->text, sizeof seen->text, "%.*s", (int)strcspn(bytes + 8, ","), bytes + 8);
    if (down.type == VOICE_DOWN_HEARTBEAT) {
        const char *at = strstr(text, "\"session_status\":\"");
        assert_non_null(at);
        snprintf(seen->text, sizeof seen->text, "%.*s", (int)strcspn(at + 18, "\""), at + 18);
    }
    peer->count++;
}

static inline int rig_send_op(void *ctx, enum hub_peer_type type, const void *data, size_t len)
{
    struct rig_peer *peer = ctx;

    if (peer->fake.state == HUB_PEER_FAKE_CLOSING)
        return ROOST_ERR_CLOSED;
    if (peer->fake.send_err < 0)
        return peer->fake.send_err;
    assert_int_equal(type, HUB_PEER_TEXT);
    assert_int_equal(peer->fake.state, HUB_PEER_FAKE_OPEN);
    if (peer->stuck)
        peer->fake.unsent += len;
    if (peer->fake.unsent > VOICE_SEND_MAX)
        return ROOST_ERR_FULL;
    rig_note(peer, data, len);
    return 0;
}

static inline const struct rig_seen *rig_at(const struct rig_peer *peer, size_t index)
{
    assert_true(index < peer->count && peer->count - index <= RIG_SEEN);
    return &peer->seen[index % RIG_SEEN];
}

static inline const struct rig_seen *rig_last(const struct rig_peer *peer)
{
    return rig_at(peer, peer->count - 1);
}

/* The newest of a type, NULL; how many there were. */
static inline const struct rig_seen *rig_seen(const struct rig_peer *peer,
                                              enum voice_down_type type)
{
    for (size_t i = peer->count; i-- > 0;)
        if (rig_at(peer, i)->type == type)
            return rig_at(peer, i);
    return NULL;
}

static inline size_t rig_count(const struct rig_peer *peer, enum voice_down_type type)
{
    size_t count = 0;

    for (size_t i = 0; i < peer->count; i++)
        count += rig_at(peer, i)->type == type;
    return count;
}

static inline void rig_expect_error(const struct rig_peer *peer, enum voice_error error)
{
    const struct rig_seen *last = rig_last(peer);

    if (last->type != VOICE_DOWN_ERROR || last->error != error)
        fail_msg("the last message is of type %d (%s), not %s", last->type,
                 last->type == VOICE_DOWN_ERROR ? voice_error_name(last->error) : "",
                 voice_error_name(error));
}

#endif
