/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the book says of the child: whether sound may be taken at all, and for whom is answered.
 * Asked at the door, when a turn begins and the last answer is some seconds old, and when somebody
 * says that it has changed. Consent that was taken back ends a turn that is under way.
 */
#include <stdlib.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/voice/voice_internal.h"

/* In the log and in the audit, at the log's rate: who may come in could fill either. */
static void tell_other_age(const struct voice_session *session)
{
    struct voice *voice = session->voice;
    const struct voice_book *book = voice->with->book;
    const char *device_id = session->device->device->id;
    uint64_t left_out;

    if (!host_log_admit(&voice->other_age, voice_now(voice), &left_out))
        return;
    HOST_LOG_AFTER(left_out, ROOST_LOG_WARN, "voice", "a device says another age than the profile",
                   RF_STR("device_id", device_id), RF_STR("session_id", session->id));
    if (book->ops->note)
        book->ops->note(book->ctx, device_id, session->child_id, "other age said");
}

void voice_take_known(struct voice_session *session, const struct voice_known *known,
                      unsigned said_age)
{
    struct voice *voice = session->voice;
    unsigned age = known->child && known->age ? known->age : said_age;

    session->consent = known->child && known->consent;
    session->child.language = known->language;
    session->known_ms = voice_now(voice);
    /* The profile's age counts, whatever the address says. A child that left our ages has none. */
    if (child_age_group_of(&session->child.group, age) < 0)
        session->consent = false;
    session->in.language = session->out.language = known->language;
    session->in.group = session->out.group = session->child.group;
    if (said_age != 0 && age != said_age) {
        metric_add(voice->metrics.age_mismatch, 1);
        tell_other_age(session);
    }
}

/* ---- asked again ---- */

static void question_free(struct voice_question *question)
{
    if (question->session)
        question->session->question = NULL;
    if (question->next)
        question->next->previous = question->previous;
    if (question->previous)
        question->previous->next = question->next;
    else
        question->voice->questions = question->next;
    free(question);
}

void voice_questions_free(struct voice *voice)
{
    while (voice->questions) {
        struct voice_question *question = voice->questions;
        voice->questions = question->next;
        if (question->session)
            question->session->question = NULL;
        free(question);
    }
}

static void no_consent(struct voice_session *session)
{
    session->consent = false;
    if (!session->turn)
        return;
    voice_send_error(session, VOICE_ERROR_CONSENT_REQUIRED, "the parents have not agreed");
    voice_turn_stop(session->turn, VOICE_TURN_CONSENT);
    voice_session_settle(session);
}

static void ask(struct voice_session *session);

static void on_known(void *arg, int err, const struct voice_known *known)
{
    struct voice_question *question = arg;
    struct voice_session *session = question->session;

    question_free(question);
    if (!session || !session->device)
        return;
    if (session->ask_again) {
        session->ask_again = false;
        ask(session);
        return;
    }
    if (err == 0)
        voice_take_known(session, known, 0);
    /* What was known counts until it can be asked, unless it is known to have changed. */
    if (err == 0 ? !session->consent : session->doubt)
        no_consent(session);
    session->doubt = false;
}

static void ask(struct voice_session *session)
{
    struct voice *voice = session->voice;
    const struct voice_book *book = voice->with->book;

    if (session->question) { /* what is under way may have been read before the change */
        session->ask_again = true;
        return;
    }
    struct voice_question *question = calloc(1, sizeof *question);
    if (!question)
        return;
    *question =
        (struct voice_question){.voice = voice, .session = session, .next = voice->questions};
    if (question->next)
        question->next->previous = question;
    voice->questions = session->question = question;
    if (book->ops->look_up(book->ctx, session->device->device->id, session->child_id, on_known,
                           question) == 0)
        return;
    question_free(question);
    if (session->doubt)
        no_consent(session);
    session->doubt = false;
}

void voice_session_ask_book(struct voice_session *session)
{
    struct voice *voice = session->voice;

    if (voice_now(voice) - session->known_ms >= VOICE_BOOK_FRESH_MS)
        ask(session);
}

/* Something about the child has changed: whoever speaks with it has to know now. */
static void on_changed(void *arg, const char *child_id)
{
    struct voice *voice = arg;

    for (struct voice_session *session = voice->sessions; session; session = session->next) {
        if (!session->device || strcmp(session->child_id, child_id) != 0)
            continue;
        session->doubt = true;
        session->known_ms = 0;
        ask(session);
    }
}

void voice_watch_book(struct voice *voice)
{
    if (voice->with && voice->with->watch)
        voice->with->watch(voice->with->watch_ctx, on_changed, voice);
}
