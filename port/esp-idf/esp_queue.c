/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_queue.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "freertos/semphr.h"

#define KINDS ((unsigned)ROOST_EV_CAN_READY + 1)

enum { ALIGN = 8 };

/* One record of the ring. A record is written in two moves, so that nothing is copied while the
 * lock is held: its place is taken under the lock, then filled, then marked. */
struct record {
    uint32_t bytes; /* with this head, a multiple of ALIGN */
    uint8_t type;   /* enum roost_event_type; NONE: a log line */
    uint8_t level;  /* of a log line; of a message: whether the broker had kept it */
    uint8_t state;  /* enum record_state */
    uint8_t topic_len;
    uint32_t len;
    int32_t status;
    uint64_t token;
};

enum record_state { RECORD_FILLING, RECORD_READY, RECORD_VOID };

_Static_assert(sizeof(struct record) % ALIGN == 0, "records follow each other");
_Static_assert(ESP_QUEUE_RESERVE >= 36 * sizeof(struct record), "see esp_queue.h");

/* Beside the rest, which begins as zeros and takes no place in the image. */
static portMUX_TYPE lock = portMUX_INITIALIZER_UNLOCKED;

static struct {
    SemaphoreHandle_t woken;
    StaticSemaphore_t woken_memory;
    /* Signals. */
    bool down, up, scanned, climate, audio;
    int32_t down_status, scan_status, climate_status;
    struct roost_climate_sample sample;
    const void *networks;
    size_t networks_len;
    uint16_t gpio, gpio_active; /* a bit a line: changed, active */
    uint8_t can;                /* a bit a bus */
    struct {
        void (*call)(void *arg); /* NULL: not asked for */
        void *arg;
    } calls[ESP_QUEUE_CALLS];
    /* The ring: [tail, tail + used) modulo its size; `taken` bytes at the tail are with the task.
     */
    uint32_t tail, used, taken;
    uint32_t dropped[KINDS];
    _Alignas(struct record) uint8_t ring[ESP_QUEUE_BYTES];
} queue;

_Static_assert(ROOST_GPIO_LINES <= 16 && ROOST_CAN_BUSES <= 8, "a bit each");

void esp_queue_init(void)
{
    queue.woken = xSemaphoreCreateBinaryStatic(&queue.woken_memory);
    ROOST_ASSERT(queue.woken);
}

/* ---- signals ---- */

/* Under the lock. False: not a signal. */
static bool set_signal(const struct roost_event *event)
{
    switch (event->type) {
    case ROOST_EV_WIFI_DOWN:
        queue.down = true;
        queue.up = false;
        queue.down_status = event->status;
        return true;
    case ROOST_EV_WIFI_UP:
        queue.up = true;
        return true;
    case ROOST_EV_WIFI_SCANNED:
        queue.scanned = true;
        queue.scan_status = event->status;
        queue.networks = event->data;
        queue.networks_len = event->len;
        return true;
    case ROOST_EV_CLIMATE:
        queue.climate = true;
        queue.climate_status = event->status;
        queue.sample = event->climate;
        return true;
    case ROOST_EV_AUDIO_READY:
        queue.audio = true;
        return true;
    case ROOST_EV_GPIO: {
        uint16_t bit = (uint16_t)(1u << event->token);
        queue.gpio |= bit;
        queue.gpio_active = (uint16_t)(event->status ? queue.gpio_active | bit
                                                     : queue.gpio_active & (uint16_t)~bit);
        return true;
    }
    case ROOST_EV_CAN_READY:
        queue.can |= (uint8_t)(1u << event->token);
        return true;
    default:
        return false;
    }
}

/* What a signal was, without the rest of an event: that is built when the lock is given back. */
struct signal {
    enum roost_event_type type; /* NONE: there is none */
    int32_t status;
    unsigned token;
    const void *data;
    size_t len;
    struct roost_climate_sample sample; /* of CLIMATE only */
};

/* Under the lock. The order is that of what depends on what, not of arrival. */
static void take_signal(struct signal *out)
{
    if (queue.down) {
        queue.down = false;
        out->type = ROOST_EV_WIFI_DOWN;
        out->status = queue.down_status;
    } else if (queue.up) {
        queue.up = false;
        out->type = ROOST_EV_WIFI_UP;
    } else if (queue.scanned) {
        queue.scanned = false;
        out->type = ROOST_EV_WIFI_SCANNED;
        out->status = queue.scan_status;
        out->data = queue.networks;
        out->len = queue.networks_len;
    } else if (queue.gpio) {
        out->type = ROOST_EV_GPIO;
        out->token = (unsigned)__builtin_ctz(queue.gpio);
        out->status = queue.gpio_active >> out->token & 1;
        queue.gpio &= (uint16_t)(queue.gpio - 1u);
    } else if (queue.can) {
        out->type = ROOST_EV_CAN_READY;
        out->token = (unsigned)__builtin_ctz(queue.can);
        queue.can &= (uint8_t)(queue.can - 1u);
    } else if (queue.climate) {
        queue.climate = false;
        out->type = ROOST_EV_CLIMATE;
        out->status = queue.climate_status;
        out->sample = queue.sample;
    } else if (queue.audio) {
        queue.audio = false;
        out->type = ROOST_EV_AUDIO_READY;
    }
}

static struct roost_event event_of(const struct signal *signal)
{
    return (struct roost_event){.type = signal->type,
                                .status = (int)signal->status,
                                .token = signal->token,
                                .data = signal->data,
                                .len = signal->len,
                                .climate = signal->sample};
}

/* Under the lock. */
static bool take_call(struct esp_queue_item *out)
{
    for (unsigned i = 0; i < ESP_QUEUE_CALLS; i++) {
        if (!queue.calls[i].call)
            continue;
        out->kind = ESP_QUEUE_CALL;
        out->call = queue.calls[i].call;
        out->arg = queue.calls[i].arg;
        queue.calls[i].call = NULL;
        return true;
    }
    return false;
}

static bool valid_signal(const struct roost_event *event)
{
    return (event->type != ROOST_EV_GPIO || event->token < ROOST_GPIO_LINES) &&
           (event->type != ROOST_EV_CAN_READY || event->token < ROOST_CAN_BUSES);
}

/* ---- the ring ---- */

static struct record *record_at(uint32_t at)
{
    return (struct record *)(void *)&queue.ring[at];
}

/* Under the lock: takes a place of `bytes` in one piece, or NULL. What is left over at the end of
 * the ring becomes a void record. */
static struct record *place(uint32_t bytes, uint32_t keep_free)
{
    if (queue.used == 0)
        queue.tail = 0; /* the longest piece there can be */
    uint32_t head = (queue.tail + queue.used) % ESP_QUEUE_BYTES;
    uint32_t skip = ESP_QUEUE_BYTES - head < bytes ? ESP_QUEUE_BYTES - head : 0;

    if (queue.used + skip + bytes + keep_free > ESP_QUEUE_BYTES)
        return NULL;
    if (skip) {
        /* A head may be longer than what is left; its first members always fit (ALIGN). */
        record_at(head)->bytes = skip;
        record_at(head)->type = ROOST_EV_NONE;
        record_at(head)->state = RECORD_VOID;
        head = 0;
    }
    queue.used += skip + bytes;
    struct record *record = record_at(head);
    record->bytes = bytes;
    record->state = RECORD_FILLING;
    return record;
}

static struct record *reserve(const struct record *head, size_t payload)
{
    uint32_t bytes = (uint32_t)((sizeof *head + payload + ALIGN - 1) & ~(size_t)(ALIGN - 1));

    portENTER_CRITICAL(&lock);
    struct record *record = place(bytes, payload ? ESP_QUEUE_RESERVE : 0);
    if (!record)
        queue.dropped[head->type]++;
    portEXIT_CRITICAL(&lock);
    if (!record)
        return NULL;
    record->type = head->type;
    record->level = head->level;
    record->topic_len = head->topic_len;
    record->len = head->len;
    record->status = head->status;
    record->token = head->token;
    return record;
}

static char *topic_of(struct record *record)
{
    return (char *)(record + 1);
}

/* Behind the topic and its NUL; both end with a NUL that is not counted, which makes a log line a
 * string. */
static char *data_of(struct record *record)
{
    return topic_of(record) + record->topic_len + 1;
}

static void commit(struct record *record, enum record_state state)
{
    portENTER_CRITICAL(&lock);
    record->state = (uint8_t)state;
    portEXIT_CRITICAL(&lock);
    (void)xSemaphoreGive(queue.woken);
}

static void count_drop(enum roost_event_type type)
{
    portENTER_CRITICAL(&lock);
    queue.dropped[type]++;
    portEXIT_CRITICAL(&lock);
}

struct esp_queue_message *esp_queue_begin(const struct roost_event *event, const char *topic,
                                          size_t topic_len, size_t total)
{
    const struct record head = {.type = (uint8_t)event->type,
                                .level = event->retained,
                                .topic_len = (uint8_t)topic_len,
                                .len = (uint32_t)total,
                                .status = event->status,
                                .token = event->token};

    if (topic_len > ESP_QUEUE_TOPIC_MAX || total > ESP_QUEUE_DATA_MAX) {
        count_drop(event->type);
        return NULL;
    }
    struct record *record = reserve(&head, topic_len + 1 + total + 1);
    if (!record)
        return NULL;
    if (topic_len)
        memcpy(topic_of(record), topic, topic_len);
    topic_of(record)[topic_len] = '\0';
    data_of(record)[total] = '\0';
    return (struct esp_queue_message *)record;
}

void esp_queue_fill(struct esp_queue_message *message, size_t offset, const void *data, size_t len)
{
    struct record *record = (struct record *)message;

    ROOST_ASSERT(offset <= record->len && len <= record->len - offset);
    if (len)
        memcpy(data_of(record) + offset, data, len);
}

void esp_queue_end(struct esp_queue_message *message, bool whole)
{
    struct record *record = (struct record *)message;

    if (!whole)
        count_drop((enum roost_event_type)record->type);
    commit(record, whole ? RECORD_READY : RECORD_VOID);
}

/* ---- posting ---- */

int esp_queue_post(const struct roost_event *event)
{
    ROOST_ASSERT(event->type != ROOST_EV_NONE && (unsigned)event->type < KINDS);
    ROOST_ASSERT(valid_signal(event));
    portENTER_CRITICAL(&lock);
    bool signal = set_signal(event);
    portEXIT_CRITICAL(&lock);
    if (signal) {
        (void)xSemaphoreGive(queue.woken);
        return 0;
    }
    size_t topic_len = event->topic ? strlen(event->topic) : 0;
    if (topic_len == 0 && event->len == 0) {
        struct record *record = reserve(&(struct record){.type = (uint8_t)event->type,
                                                         .status = event->status,
                                                         .token = event->token},
                                        0);
        if (!record)
            return ROOST_ERR_FULL;
        commit(record, RECORD_READY);
        return 0;
    }
    if (topic_len > ESP_QUEUE_TOPIC_MAX || event->len > ESP_QUEUE_DATA_MAX) {
        count_drop(event->type);
        return ROOST_ERR_TOO_LONG;
    }
    struct esp_queue_message *message = esp_queue_begin(event, event->topic, topic_len, event->len);
    if (!message)
        return ROOST_ERR_FULL;
    esp_queue_fill(message, 0, event->data, event->len);
    esp_queue_end(message, true);
    return 0;
}

BaseType_t esp_queue_post_from_isr(const struct roost_event *event)
{
    BaseType_t woken = pdFALSE;

    portENTER_CRITICAL_ISR(&lock);
    if (valid_signal(event))
        (void)set_signal(event);
    portEXIT_CRITICAL_ISR(&lock);
    (void)xSemaphoreGiveFromISR(queue.woken, &woken);
    return woken;
}

void esp_queue_call(unsigned number, void (*call)(void *arg), void *arg)
{
    ROOST_ASSERT(number < ESP_QUEUE_CALLS && call);
    portENTER_CRITICAL(&lock);
    queue.calls[number].call = call;
    queue.calls[number].arg = arg;
    portEXIT_CRITICAL(&lock);
    (void)xSemaphoreGive(queue.woken);
}

int esp_queue_post_line(enum roost_log_level level, const char *text, size_t len)
{
    if (len > ESP_QUEUE_LOG_MAX)
        len = ESP_QUEUE_LOG_MAX;
    struct record *record = reserve(
        &(struct record){.type = ROOST_EV_NONE, .level = (uint8_t)level, .len = (uint32_t)len},
        1 + len + 1);
    if (!record)
        return ROOST_ERR_FULL;
    topic_of(record)[0] = '\0';
    memcpy(data_of(record), text, len);
    data_of(record)[len] = '\0';
    commit(record, RECORD_READY);
    return 0;
}

void esp_queue_wake(void)
{
    (void)xSemaphoreGive(queue.woken);
}

/* ---- taking ---- */

void esp_queue_wait(uint32_t timeout_ms)
{
    TickType_t ticks = pdMS_TO_TICKS(timeout_ms);

    if (ticks == 0 && timeout_ms > 0)
        ticks = 1; /* less than one */
    (void)xSemaphoreTake(queue.woken, ticks);
}

/* Under the lock: gives back what was taken, and finds the next record. A void one is skipped and
 * `more` set: however many stand in a row, the lock is given back between two of them. One that is
 * still being filled holds up those behind it; its writer wakes the task when it is done. */
static struct record *next_record(bool *more)
{
    queue.tail = (queue.tail + queue.taken) % ESP_QUEUE_BYTES;
    queue.used -= queue.taken;
    queue.taken = 0;
    *more = false;
    if (queue.used == 0)
        return NULL;
    struct record *record = record_at(queue.tail);
    if (record->state == RECORD_FILLING)
        return NULL;
    queue.taken = record->bytes;
    *more = record->state == RECORD_VOID;
    return *more ? NULL : record;
}

static void give_record(struct esp_queue_item *out, struct record *record)
{
    if (record->type == ROOST_EV_NONE) {
        out->kind = ESP_QUEUE_LINE;
        out->level = (enum roost_log_level)record->level;
        out->text = data_of(record);
        return;
    }
    out->kind = ESP_QUEUE_EVENT;
    out->event = (struct roost_event){.type = (enum roost_event_type)record->type,
                                      .status = (int)record->status,
                                      .token = record->token,
                                      .topic = record->topic_len ? topic_of(record) : NULL,
                                      .data = record->len ? data_of(record) : NULL,
                                      .len = record->len,
                                      .retained = record->level != 0};
}

bool esp_queue_take(struct esp_queue_item *out)
{
    struct signal signal = {.type = ROOST_EV_NONE};
    struct record *record = NULL;
    bool more = false;

    *out = (struct esp_queue_item){.kind = ESP_QUEUE_EMPTY};
    do {
        portENTER_CRITICAL(&lock);
        take_signal(&signal);
        bool call = signal.type == ROOST_EV_NONE && take_call(out);
        if (signal.type == ROOST_EV_NONE && !call)
            record = next_record(&more);
        portEXIT_CRITICAL(&lock);
        if (call)
            return true;
        if (signal.type != ROOST_EV_NONE) {
            out->kind = ESP_QUEUE_EVENT;
            out->event = event_of(&signal);
            return true;
        }
    } while (more);
    if (record)
        give_record(out, record);
    return record != NULL;
}

uint32_t esp_queue_dropped(enum roost_event_type type)
{
    return (unsigned)type < KINDS ? queue.dropped[type] : 0;
}

uint32_t esp_queue_dropped_all(void)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < KINDS; i++)
        sum += queue.dropped[i];
    return sum;
}
