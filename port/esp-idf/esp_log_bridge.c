/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ESP-IDF logs appears on the console as its users know it; warnings and errors are copied
 * into the device's log as well, where an operator reads them from afar. They come from any task,
 * so the copy goes through the queue, and the device's task writes it.
 */
#include "port/esp-idf/esp_parts.h"

#include <stdio.h>
#include <string.h>

#include "esp_log.h"

#include "port/esp-idf/esp_queue.h"

enum { LINE_BYTES = ESP_QUEUE_LOG_MAX + 32 }; /* with time, colours and line feed */

static vprintf_like_t print;
static struct roost_log *device_log;

/* ESP_LOGx puts the level's letter and "(%lu) %s: " in front of the format, and colours around. */
static const char *skip_colour(const char *text)
{
    if (text[0] != '\033')
        return text;
    const char *end = strchr(text, 'm');
    return end ? end + 1 : text;
}

static void keep(enum roost_log_level level, char *line)
{
    const char *text = skip_colour(line), *time_end = strstr(text, ") ");

    if (time_end)
        text = time_end + 2; /* the device's log has its own time */
    size_t len = strcspn(text, "\033\n");
    if (len > 0)
        (void)esp_queue_post_line(level, text, len);
}

static int on_line(const char *format, va_list args)
{
    const char *letter = skip_colour(format);
    char line[LINE_BYTES];

    if ((letter[0] == 'E' || letter[0] == 'W') && letter[1] == ' ' && letter[2] == '(') {
        va_list again;
        va_copy(again, args);
        (void)vsnprintf(line, sizeof line, format, again);
        va_end(again);
        keep(letter[0] == 'E' ? ROOST_LOG_ERROR : ROOST_LOG_WARN, line);
    }
    return print(format, args);
}

void esp_port_log_init(void)
{
    print = vprintf; /* a line may come between the two calls below */
    vprintf_like_t before = esp_log_set_vprintf(on_line);
    if (before)
        print = before;
}

void esp_port_log(struct roost_log *log)
{
    device_log = log;
}

void esp_port_log_keep(enum roost_log_level level, const char *text)
{
    struct roost_log *log = device_log;

    if (!log)
        return;
    void (*sink)(void *ctx, enum roost_log_level sink_level, const char *line, size_t len) =
        log->sink;
    log->sink = NULL; /* it is on the console already */
    ROOST_LOG(log, level, "esp-idf", "said", RF_STR("line", text));
    log->sink = sink;
}
