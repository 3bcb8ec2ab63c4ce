/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the voice service, shared by its files:
 *   voice.c     the service's life and row
 *   door.c      who may come in; sockets
 *   session.c   a device's session over its sockets, resumed, ended, woken
 *   consent.c   what the book says of the child, at the door and again
 *   intake.c    what a device says, by type
 *   sound.c     a chunk of sound: checked, and fed to the recogniser
 *   turn.c      one question and its answer: the state machine
 *   words.c     from what was heard to the reply's sentences, both ways through the guard
 *   speak.c     from sentences to sound
 *   queue.c     sound that waits, in pieces
 *   pace.c      sound to the device, as fast as it is played
 *   limits.c    how much at once, how long a day
 *   fleet.c     the device as one of the fleet: health, commands
 *   report.c    counted, logged, shown: no words
 *
 *     socket --> link --> session --> turn
 *
 * Providers call back at any time; what they say is put down, and done at the session's alarm,
 * which is then due at once.
 */
#ifndef ROOST_HUB_VOICE_VOICE_INTERNAL_H
#define ROOST_HUB_VOICE_VOICE_INTERNAL_H

#include <string.h>

#include "core/timer.h"
#include "host/log.h"
#include "host/net/http.h"
#include "hub/fleet/fleet.h"
#include "hub/fleet/id_table.h"
#include "hub/peer.h"
#include "hub/uuid.h"
#include "hub/voice/alarms.h"
#include "hub/voice/sentences.h"
#include "hub/voice/voice.h"
#include "hub/voice/voice_limits.h"
#include "proto/voice/door.h"
#include "proto/voice/down.h"
#include "proto/voice/sign.h"
#include "proto/voice/up.h"

/* Lines of one companion: some for each turn at the fastest, however often it comes and goes. */
enum { VOICE_LINES_BURST = 100, VOICE_LINES_EVERY_MS = 1000 };

/* ---- structures ---- */

struct voice_session;
/* One socket. */
struct voice_link {
    struct voice *voice;
    struct hub_peer *peer; /* NULL: gone, and the book's answer is still to come */
    struct voice_session *session;
    struct voice_link *next, *previous; /* of those that are not signed in */
    bool listed;
    bool waits; /* for the book */
    unsigned age;
    uint64_t stuck_ms; /* since when the same waits to be sent; 0: nothing waits */
    size_t stuck_bytes;
    enum voice_end end; /* why we closed it; VOICE_ENDS: we did not */
    char remote[46], correlation_id[40];
    char device_id[VOICE_DEVICE_ID_MAX + 1], child_id[VOICE_CHILD_ID_MAX + 1];
    char child_name[VOICE_CHILD_NAME_MAX + 1], token[VOICE_TOKEN_CHARS + 1];
};

/* What is kept of a device, in its slot. */
struct voice_device {
    struct fleet_device *device;
    struct voice_session *session; /* NULL: it has none */
    uint32_t sessions, turns, resumed, lost;
    int64_t last_turn_ms;
    enum voice_turn_end last_end;
    uint32_t last_stage_ms[VOICE_STAGES];
    struct host_log_limit lines; /* of what it causes: VOICE_LINES_BURST at once */
};

/* How long a child has talked, over all sockets and companions. */
struct voice_sitting {
    char child_id[VOICE_CHILD_ID_MAX + 1]; /* first: hub/fleet/id_table.h */
    uint64_t used_ms, last_ms;
    unsigned sessions; /* that are of it */
    struct voice_sitting *next, *previous;
};

struct voice_bucket {
    uint64_t full_ms; /* as struct host_log_limit has it */
};

enum voice_turn_state {
    VOICE_LISTENING,
    VOICE_HEARING,
    VOICE_ANSWERING,
    VOICE_SPEAKING,
    VOICE_DRAINING, /* all is sent, the device plays it */
    VOICE_TURN_STATES,
    VOICE_OVER = VOICE_TURN_STATES
};

/* Sound that waits to be sent. */
struct voice_block {
    struct voice_block *next;
    uint32_t ms;
    uint16_t len, sentence;
    bool first; /* of its sentence */
    bool open;  /* more of the sentence may be put to it */
    uint8_t bytes[VOICE_PIECE_BYTES];
};

struct voice_sentence {
    uint32_t at; /* in the reply's text */
    uint16_t len;
    uint32_t from_ms, to_ms; /* of the reply's sound; both 0 until it is made */
    uint64_t seq;            /* of its first piece; 0: none was sent */
};

/* What is said to the child: the text as it was judged, its sound on the way. */
struct voice_reply_state {
    char text[VOICE_REPLY_BYTES];
    size_t text_len;
    struct voice_sentence sentence[VOICE_REPLY_SENTENCES];
    size_t count, next; /* sentences; the one that is said next, or is being said */
    bool whole;         /* no more sentences come */

    struct speech *speech;
    enum voice_format format;
    bool stream;               /* in pieces; else as a whole */
    bool goodbye;              /* the time is used up, and that has been said */
    bool saying, ending;       /* next is being said; the encoder is at its end */
    bool over;                 /* all sound is made */
    bool mute;                 /* the rest cannot be said: it goes as text */
    bool drop_speech;          /* to be cancelled, outside of its own call */
    uint64_t full_since_ms;    /* the pool is full since; 0: it is not */
    uint32_t made_ms, said_ms; /* sound made; of it in this sentence */

    struct voice_block *queue, **queue_end;
    size_t queue_bytes;
    uint64_t seq, known_seq; /* of the last piece; up to known_seq they were sent before */
    size_t pieces;
    uint32_t sent_ms;
    uint64_t bytes_sent, bytes_ms; /* of all pieces: how dense the sound is */
    uint64_t clock_ms;             /* by time: when the first of the sound began to play */
    bool final_sent;
    bool reported;                              /* by playback_status, in this reply */
    uint64_t report_ms, last_sent_ms, moved_ms; /* when a report was further than all before */
    uint32_t played_ms, furthest_ms;            /* by the last report; by any */
    uint32_t buffered_ms;
    int64_t offset_ms; /* the device counts so much more than we, since it came back */
    uint32_t again_ms; /* where we began again then */
    bool settle_offset;
};

struct voice_turn {
    struct voice_session *session;
    enum voice_turn_state state;
    enum voice_turn_end end; /* how it will end, if nothing comes between */
    uint32_t number;         /* of the session */
    uint32_t link;           /* of the session's: the one that it began on */
    char id[VOICE_UUID_CHARS + 1];
    uint64_t due_ms;
    uint64_t moved_ms; /* the last sign of life of what is waited for */

    /* What the child says. */
    struct hear_turn *hear;
    bool hear_started, heard, cut;
    int heard_err;
    bool silent, unsure;
    char *words; /* malloc'ed, wiped */
    uint32_t sound_bytes;
    bool numbered;
    uint64_t seq, seq_seen; /* the highest, and which of the 64 up to it came */
    uint64_t chunk_ids[16]; /* hashes of the last, where there is no seq */
    size_t chunk_count;

    /* What it is answered. */
    bool asked;        /* of the provider, which has not ended */
    bool drop_answer;  /* to be cancelled, outside of its own call */
    bool answer_ended; /* what it said of its end is to be looked at */
    bool answered;     /* the first sentence of it came */
    bool to_undo;      /* nothing of what it said was heard by the child yet */
    int answer_err;
    struct sentences cut_up;
    struct voice_reply_state *reply; /* NULL before there is something to say */

    uint64_t begun_ms, whole_ms, words_ms; /* audio_start, end of speech, words */
    uint32_t stage_ms[VOICE_STAGES];
    bool sounded; /* something of the reply is on its way */
};

struct voice_session {
    struct alarm alarm; /* first */
    struct voice *voice;
    struct voice_session *next, *previous;
    struct voice_link *link;     /* NULL: waits for its device to come back */
    struct voice_device *device; /* NULL: was removed */
    struct voice_sitting *sitting;
    struct voice_turn *turn;
    struct answer_talk *talk;

    char id[UUID_LEN + 1], correlation_id[40];
    char child_id[VOICE_CHILD_ID_MAX + 1], child_name[VOICE_CHILD_NAME_MAX + 1];
    struct voice_for child; /* name: child_name */
    bool consent;
    bool ask_again, doubt;           /* doubt: what is known of it has changed */
    struct voice_question *question; /* what the book was asked again; NULL: nothing */
    bool due;                        /* a provider has said something */
    size_t key_len;                  /* of the device's own; 0: it speaks with the shared secret */
    uint8_t key[VOICE_BOOK_KEY_MAX], sound_key[VOICE_KEY_BYTES];
    bool has_features;
    unsigned features;
    uint64_t buffer_bytes; /* of sound that the device can hold; 0: it does not say */
    uint64_t reply_seq;    /* of the last piece of any reply */
    uint32_t links;        /* how many sockets it has had */
    struct gate_stream in, out;
    unsigned guard_turn;

    uint64_t began_ms, last_ms, detached_ms, known_ms, told_ms;
    uint64_t turn_ended_ms; /* the last one; 0: none */
    struct voice_bucket messages, starts;
    unsigned refused_in_a_row;
    uint32_t turns;
    char last_turn[VOICE_UUID_CHARS + 1]; /* its audio_session_id */
    uint32_t last_turn_link;
    uint64_t last_turn_seq; /* of its last chunk; 0: they had none */
    char asked_id[37];      /* the fielded command that waits for its answer */
};

/* It may outlive its session, and the hub may end before it is answered. */
struct voice_question {
    struct voice *voice;
    struct voice_session *session; /* NULL: ended */
    struct voice_question *next, *previous;
};

struct voice {
    struct hub_parts parts;
    const struct voice_parts *with; /* NULL: voice is not served */
    struct voice_config config;
    struct voice_hmac hmac;
    struct voice_metrics metrics;
    struct host_log_limit other_age; /* lines about it */
    struct alarms alarms;

    struct voice_session *sessions;
    size_t session_count, talking, waiting; /* with a turn; without a socket */
    struct voice_link *links;               /* not signed in */
    size_t link_count;
    struct voice_question *questions;
    struct id_table sittings;
    struct voice_sitting *oldest, *newest; /* by last_ms */
    size_t bytes;                          /* of sound and text held for children */

    uint8_t *sound; /* one chunk, signed: see sound.c */
    char *out;      /* one message */
    size_t turns_begun, turns_ended;
};

static inline uint64_t voice_now(const struct voice *voice)
{
    return voice->parts.clock->ops->now_ms(voice->parts.clock->ctx);
}
static inline int64_t voice_unix(const struct voice *voice)
{
    return voice->parts.clock->ops->unix_ms(voice->parts.clock->ctx);
}

/* ---- door.c ---- */
void voice_admit(void *service, struct hub_peer *peer, const struct hub_peer_request *request);
void voice_closed(void *service, struct hub_peer *peer, uint16_t code);
/* Closes the socket; its session goes on without it. */
void voice_link_close(struct voice_link *link, enum voice_end end, uint16_t code,
                      const char *reason);
/* At the end, when nobody says any more that sockets are gone. */
void voice_link_forget(struct voice_link *link);
void voice_links_free(struct voice *voice);

/* ---- session.c ---- */
/* A socket that may come in and was accepted: its session, new or resumed. ROOST_ERR_FULL: as many
 * as there may be (asked before, with voice_session_may_open). */
bool voice_session_may_open(const struct voice *voice, const struct fleet_device *device);
const void *voice_session_key(const struct voice_session *session, size_t *len);
int voice_session_attach(struct voice_link *link, struct fleet_device *device,
                         const struct voice_known *known);
void voice_session_detach(struct voice_session *session, bool ended);
void voice_session_end(struct voice_session *session, enum voice_end end, uint16_t code,
                       const char *reason);
/* A provider has said something. */
void voice_session_wake(struct voice_session *session);
/* After everything that may have changed something. */
void voice_session_settle(struct voice_session *session);
/* Sends voice->out; nothing without a socket. Returns as hub_peer_send. */
int voice_send(struct voice_session *session, int len);
void voice_send_error(struct voice_session *session, enum voice_error error, const char *message);
uint64_t voice_tick(void *service, uint64_t now_ms);

/* ---- consent.c ---- */
/* said_age: what the address says; 0: nothing was said now. */
void voice_take_known(struct voice_session *session, const struct voice_known *known,
                      unsigned said_age);
/* Asks the book again what the parents agreed to, unless it was asked just now. */
void voice_session_ask_book(struct voice_session *session);
void voice_watch_book(struct voice *voice);
void voice_questions_free(struct voice *voice);

/* ---- intake.c ---- */
void voice_message(void *service, struct hub_peer *peer, enum hub_peer_type type, const char *data,
                   size_t len);
void voice_writable(void *service, struct hub_peer *peer);
/* The one written answer to a message that cannot be taken. It may end the session. */
void voice_refuse(struct voice_session *session, enum voice_error error, const char *message);

/* ---- sound.c ---- */
void voice_take_chunk(struct voice_session *session, const struct voice_up *up);

/* ---- turn.c ---- */
/* A turn begins, any other is over. words NULL: sound is to come. */
void voice_turn_begin(struct voice_session *session, const char *audio_session_id,
                      const char *words);
void voice_turn_whole(struct voice_turn *turn); /* the child has said it all */
void voice_turn_stop(struct voice_turn *turn, enum voice_turn_end end);
/* Says a line in place of a reply. */
void voice_turn_line(struct voice_turn *turn, enum voice_line line, enum voice_turn_end end);
void voice_turn_say(struct voice_turn *turn, const char *text, enum voice_turn_end end);
void voice_turn_words(struct voice_turn *turn); /* the words may be answered */
void voice_turn_again(struct voice_turn *turn); /* there is something to be sent again */
/* Does what can be done now; false: the turn is over. */
bool voice_turn_go(struct voice_turn *turn);
const char *voice_turn_end_name(enum voice_turn_end end);

/* ---- words.c ---- */
extern const struct hear_events voice_hear_events;
/* Judges what was heard: it is answered, or a line is said. */
void voice_words(struct voice_turn *turn);
void voice_ask(struct voice_turn *turn);
/* What the provider of replies said of its end. */
void voice_answer_ended(struct voice_turn *turn);
void voice_answer_drop(struct voice_turn *turn);
/* A text of ours as a sentence of the reply: not judged. */
void voice_reply_line(struct voice_turn *turn, const char *text);
const char *voice_line_text(struct voice_turn *turn, enum voice_line line);
void voice_wipe_text(char *text); /* and frees it; NULL is fine */

/* ---- speak.c ---- */
int voice_reply_make(struct voice_turn *turn); /* 0 or ROOST_ERR_NO_MEMORY */
void voice_reply_free(struct voice_turn *turn);
/* Has said what may be said now; returns when to be called again. */
uint64_t voice_speak(struct voice_turn *turn);
/* The device is back: from the first sentence that it has not played. */
void voice_speak_again(struct voice_turn *turn);

/* ---- queue.c ---- */
void voice_queue(struct voice_turn *turn, const uint8_t *bytes, size_t len, uint32_t ms);
void voice_queue_close(struct voice_turn *turn); /* the sentence is whole */
void voice_queue_drop(struct voice_turn *turn);
struct voice_block *voice_queue_first(struct voice_reply_state *reply); /* taken out */
void voice_block_free(struct voice *voice, struct voice_block *block);

/* ---- pace.c ---- */
/* Sends what may be sent now; returns when to be called again. */
uint64_t voice_pace(struct voice_turn *turn);
bool voice_all_sent(const struct voice_turn *turn);
/* When all of it is played, as far as is known now. */
uint64_t voice_played_at(const struct voice_turn *turn);
bool voice_playback(struct voice_turn *turn, uint64_t played_ms, uint64_t buffered_ms);
uint32_t voice_played(const struct voice_turn *turn);

/* ---- limits.c ---- */
bool voice_bucket_take(struct voice_bucket *bucket, uint64_t now_ms, uint32_t every_ms,
                       uint32_t burst);
/* The child's; NULL: no room. Given back when the session ends. */
struct voice_sitting *voice_sitting_hold(struct voice *voice, const char *child_id);
void voice_sitting_release(struct voice *voice, struct voice_sitting *sitting);
/* The time is used up, or will be in so many ms. */
bool voice_sitting_over(struct voice_session *session, uint64_t ahead_ms);
void voice_sitting_count(struct voice *voice, struct voice_sitting *sitting, uint64_t from_ms,
                         uint64_t to_ms);
void voice_sittings_free(struct voice *voice);

/* ---- fleet.c ---- */
struct voice_device *voice_device_of(struct voice *voice, struct fleet_device *device);
void voice_fleet_online(struct voice_session *session, bool online);
void voice_fleet_heard(struct voice_session *session);
void voice_fleet_status(struct voice_session *session, const struct voice_up *up);
void voice_fleet_answer(struct voice_session *session, const struct voice_up *up);
int voice_carry(void *service, struct fleet_device *device, const struct hub_command *command);
const char *voice_refuses(const void *service, const struct fleet_device *device,
                          const char *command);
void voice_forget(void *service, struct fleet_device *device);

/* ---- report.c ---- */
extern const char *const voice_verdict_names[GATE_VERDICTS];
extern const char *const voice_category_names[GATE_CATEGORIES];
void voice_register(struct voice *voice);
void voice_count_refused(struct voice *voice, const struct voice_link *link, const char *reason);
void voice_count_gate(struct voice_session *session, enum gate_direction direction,
                      const struct gate_result *result);
void voice_stage(struct voice_turn *turn, enum voice_stage stage, uint64_t ms);
void voice_report_turn(struct voice_turn *turn, enum voice_turn_end end);
void voice_report_session(const struct voice_session *session, const char *what, const char *why);
void voice_describe(const void *service, const struct fleet_device *device,
                    struct roost_json_writer *w);
enum { VOICE_ROUTES = 1 };
extern const struct http_route voice_routes[VOICE_ROUTES];

#endif
