/* SPDX-License-Identifier: Apache-2.0 */
#include "core/queue.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* bytes:  | .. free .. | len | record | len | record | .. free .. |   wrapping at size
 *                      ^head                         ^head + used                        */

void roost_queue_init(struct roost_queue *queue, void *memory, size_t size)
{
    memset(queue, 0, sizeof *queue);
    queue->bytes = memory;
    queue->size = size;
}

static void copy_in(struct roost_queue *queue, const void *data, size_t len)
{
    size_t at = queue->head + queue->used;
    at -= at >= queue->size ? queue->size : 0;
    size_t first = len < queue->size - at ? len : queue->size - at;
    if (first > 0)
        memcpy(queue->bytes + at, data, first);
    if (len > first)
        memcpy(queue->bytes, (const uint8_t *)data + first, len - first);
    queue->used += len;
}

/* Takes len bytes off the front; out may be NULL. */
static void copy_out(struct roost_queue *queue, void *out, size_t len)
{
    size_t first = len < queue->size - queue->head ? len : queue->size - queue->head;
    if (out && len > 0) {
        memcpy(out, queue->bytes + queue->head, first);
        memcpy((uint8_t *)out + first, queue->bytes, len - first);
    }
    queue->head += len;
    queue->head -= queue->head >= queue->size ? queue->size : 0;
    queue->used -= len;
}

int roost_queue_push(struct roost_queue *queue, const void *a, size_t a_len, const void *b,
                     size_t b_len)
{
    size_t room = queue->size - queue->used;
    uint32_t len = (uint32_t)(a_len + b_len);
    if (room < sizeof len || a_len > room - sizeof len || b_len > room - sizeof len - a_len ||
        a_len + b_len > INT32_MAX) {
        queue->dropped++;
        return ROOST_ERR_FULL;
    }
    copy_in(queue, &len, sizeof len);
    copy_in(queue, a, a_len);
    copy_in(queue, b, b_len);
    queue->count++;
    if (queue->count > queue->high_water)
        queue->high_water = queue->count;
    return ROOST_OK;
}

int roost_queue_pop(struct roost_queue *queue, void *out, size_t size)
{
    uint32_t len;
    if (queue->count == 0)
        return ROOST_ERR_EMPTY;
    copy_out(queue, &len, sizeof len);
    ROOST_ASSERT(len <= queue->used);
    queue->count--;
    if (len > size) {
        copy_out(queue, NULL, len);
        queue->dropped++;
        return ROOST_ERR_TOO_LONG;
    }
    copy_out(queue, out, len);
    return (int)len;
}
