/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/http_parse.h"

#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/hex.h"

/* No number can overflow, and framing without content cannot keep a connection busy for ever. */
enum { CHUNK_DIGITS_MAX = 8, CHUNK_OVERHEAD_MAX = 8 * 1024, LENGTH_DIGITS_MAX = 15 };

/* ---- the head ---- */

static bool is_token(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_value(unsigned char c)
{
    return c == '\t' || (c >= ' ' && c != 0x7F);
}

/* The offset behind the empty line that ends the head, or 0. */
static size_t find_end(const char *bytes, size_t len, size_t *scanned)
{
    for (size_t i = *scanned; i + 4 <= len; i++) {
        const char *cr = memchr(bytes + i, '\r', len - i - 3);
        if (!cr)
            break;
        i = (size_t)(cr - bytes);
        if (memcmp(cr, "\r\n\r\n", 4) == 0)
            return i + 4;
    }
    *scanned = len > 3 ? len - 3 : 0;
    return 0;
}

/* Ends the line at its CR LF and returns the start of the next one, or NULL: a CR or LF alone. */
static char *take_line(char *line)
{
    char *end = line + strcspn(line, "\r\n");

    if (end[0] != '\r' || end[1] != '\n')
        return NULL;
    *end = '\0';
    return end + 2;
}

static int parse_request_line(struct http_head *head, char *line)
{
    char *space = strchr(line, ' ');
    char *version = space ? strchr(space + 1, ' ') : NULL;

    if (!version)
        return ROOST_ERR_INVALID;
    *space = '\0';
    *version++ = '\0';
    head->method = line;
    head->target = space + 1;
    for (const char *c = head->method; *c; c++)
        if (!is_token((unsigned char)*c))
            return ROOST_ERR_INVALID;
    for (const char *c = head->target; *c; c++)
        if (*c <= ' ' || *c >= 0x7F) /* also what is not ASCII */
            return ROOST_ERR_INVALID;
    if (head->method[0] == '\0' || head->target[0] == '\0')
        return ROOST_ERR_INVALID;
    if (strncmp(version, "HTTP/", 5) != 0 || version[5] < '0' || version[5] > '9' ||
        version[6] != '.' || version[7] < '0' || version[7] > '9' || version[8] != '\0')
        return ROOST_ERR_INVALID;
    if (version[5] != '1')
        return ROOST_ERR_UNSUPPORTED;
    head->minor = version[7] == '0' ? 0 : 1;
    return 0;
}

static int parse_field(struct http_head *head, char *line)
{
    char *colon = line;

    while (is_token((unsigned char)*colon))
        colon++;
    if (colon == line || *colon != ':') /* also a folded line, and a space before the colon */
        return ROOST_ERR_INVALID;
    *colon = '\0';
    char *value = colon + 1;
    value += strspn(value, " \t");
    char *end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = '\0';
    for (const char *c = value; *c; c++)
        if (!is_value((unsigned char)*c))
            return ROOST_ERR_INVALID;
    if (head->field_count == HTTP_HEADERS_MAX)
        return ROOST_ERR_TOO_LONG;
    head->fields[head->field_count++] = (struct http_field){.name = line, .value = value};
    return 0;
}

int http_head_parse(struct http_head *head, char *bytes, size_t len, size_t *scanned)
{
    size_t end = find_end(bytes, len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX, scanned);

    if (end == 0)
        return len >= HTTP_HEAD_MAX ? ROOST_ERR_TOO_LONG : 0;
    if (memchr(bytes, '\0', end))
        return ROOST_ERR_INVALID;
    head->field_count = 0;
    bytes[end - 2] = '\0'; /* the empty line */
    char *line = bytes;
    char *next = take_line(line);
    int err = next ? parse_request_line(head, line) : ROOST_ERR_INVALID;
    while (err == 0 && *next) {
        line = next;
        next = take_line(line);
        err = next ? parse_field(head, line) : ROOST_ERR_INVALID;
    }
    return err < 0 ? err : (int)end;
}

const char *http_head_field(const struct http_head *head, const char *name)
{
    for (size_t i = 0; i < head->field_count; i++)
        if (strcasecmp(head->fields[i].name, name) == 0)
            return head->fields[i].value;
    return NULL;
}

size_t http_head_count(const struct http_head *head, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < head->field_count; i++)
        count += strcasecmp(head->fields[i].name, name) == 0;
    return count;
}

bool http_head_lists(const struct http_head *head, const char *name, const char *token, size_t len,
                     bool any_case)
{
    static const char between[] = " \t,";

    for (size_t i = 0; i < head->field_count; i++) {
        if (strcasecmp(head->fields[i].name, name) != 0)
            continue;
        const char *item = head->fields[i].value + strspn(head->fields[i].value, between);
        for (; *item; item += strspn(item, between)) {
            size_t n = strcspn(item, between);
            if (n == len &&
                (any_case ? strncasecmp(item, token, len) : strncmp(item, token, len)) == 0)
                return true;
            item += n;
        }
    }
    return false;
}

size_t http_host_name(const char *host)
{
    static const char plain[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~%";
    static const char hex[] = "0123456789abcdefABCDEF:.";
    size_t len = host[0] == '[' ? 1 + strspn(host + 1, hex) : strspn(host, plain);

    if (host[0] == '[' && host[len++] != ']')
        return 0;
    const char *port = host + len;
    if (*port == ':')
        port += 1 + strspn(port + 1, "0123456789");
    return *port == '\0' ? len : 0;
}

/* Where a message ends may not depend on who reads it: two lengths, or a length beside a coding,
 * let a second request hide from the proxy in front (RFC 9112 section 6.3). */
int http_head_framing(const struct http_head *head, enum http_framing *framing, uint64_t *length)
{
    const char *coding = http_head_field(head, "Transfer-Encoding");
    const char *text = http_head_field(head, "Content-Length");

    *framing = HTTP_NO_BODY;
    *length = 0;
    if (coding) {
        if (text || head->minor == 0 || http_head_count(head, "Transfer-Encoding") > 1)
            return ROOST_ERR_INVALID;
        if (strcasecmp(coding, "chunked") != 0)
            return ROOST_ERR_UNSUPPORTED;
        *framing = HTTP_CHUNKED;
        return 0;
    }
    if (!text)
        return 0;
    size_t digits = strspn(text, "0123456789");
    if (http_head_count(head, "Content-Length") > 1 || digits == 0 || text[digits] != '\0' ||
        digits > LENGTH_DIGITS_MAX)
        return ROOST_ERR_INVALID;
    for (size_t i = 0; i < digits; i++)
        *length = *length * 10 + (uint64_t)(text[i] - '0');
    *framing = *length > 0 ? HTTP_LENGTH : HTTP_NO_BODY;
    return 0;
}

/* ---- the target ---- */

/* In place. `refused` are characters that may not come out of an escape. */
static int decode(char *text, bool plus_is_space, const char *refused)
{
    char *out = text;

    for (const char *in = text; *in; in++) {
        if (*in == '+' && plus_is_space) {
            *out++ = ' ';
        } else if (*in != '%') {
            *out++ = *in;
        } else {
            int high = roost_hex_digit(in[1]);
            int low = high < 0 ? -1 : roost_hex_digit(in[2]);
            unsigned char c = (unsigned char)(high * 16 + low);
            if (low < 0 || c < ' ' || c == 0x7F || strchr(refused, c))
                return ROOST_ERR_INVALID;
            *out++ = (char)c;
            in += 2;
        }
    }
    *out = '\0';
    return 0;
}

static bool has_dot_segment(const char *path)
{
    for (const char *c = path; (c = strchr(c, '/'));) {
        c++;
        size_t len = strcspn(c, "/");
        if ((len == 1 && c[0] == '.') || (len == 2 && c[0] == '.' && c[1] == '.'))
            return true;
    }
    return false;
}

static int parse_query(struct http_target *target, char *query)
{
    bool damaged = false;

    for (char *rest = query; rest && *rest;) {
        char *pair = rest;
        rest = strchr(pair, '&');
        if (rest)
            *rest++ = '\0';
        if (*pair == '\0')
            continue;
        if (target->query_count == HTTP_QUERY_MAX)
            return ROOST_ERR_INVALID;
        char *value = strchr(pair, '=');
        if (value)
            *value++ = '\0';
        bool good_name = decode(pair, true, "") == 0;
        bool good_value = good_name && value && decode(value, true, "") == 0;
        damaged = damaged || !good_name || (value && !good_value);
        target->query[target->query_count++] =
            (struct http_field){.name = good_name ? pair : "", .value = good_value ? value : ""};
    }
    target->damaged = damaged;
    return damaged ? ROOST_ERR_INVALID : 0;
}

/* Cuts "http://host" off the front of the absolute form, which is a server's duty to take (RFC 9112
 * section 3.2.2). The host moves one byte to the left, where there is room for its end. */
static char *take_authority(struct http_target *target, char *text)
{
    if (strncasecmp(text, "http://", 7) != 0 && strncasecmp(text, "https://", 8) != 0)
        return text;
    char *slash = strstr(text, "//") + 1;
    size_t len = strcspn(slash + 1, "/?#");
    memmove(slash, slash + 1, len);
    slash[len] = '\0';
    target->authority = slash;
    return len > 0 ? slash + 1 + len : slash; /* without a host it is no target */
}

int http_target_parse(struct http_target *target, char *text)
{
    target->query_count = 0;
    target->damaged = false;
    target->authority = "";
    if (strlen(text) > HTTP_TARGET_MAX)
        return ROOST_ERR_TOO_LONG;
    text = take_authority(target, text);
    if (text[0] != '/' || strchr(text, '#') || strchr(text, '\\'))
        return ROOST_ERR_INVALID;
    char *query = strchr(text, '?');
    if (query)
        *query++ = '\0';
    if (decode(text, false, "/\\") < 0 || has_dot_segment(text))
        return ROOST_ERR_INVALID;
    if (strlen(text) > HTTP_PATH_MAX)
        return ROOST_ERR_TOO_LONG;
    target->path = text;
    return parse_query(target, query);
}

/* ---- chunked bodies ---- */

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER_START, /* of a trailer line, or of the empty line that ends the body */
    CHUNK_TRAILER_NAME,
    CHUNK_TRAILER_VALUE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_DONE,
    CHUNK_BAD,
};

static enum chunk_state size_byte(struct http_chunks *chunks, char c)
{
    int digit = roost_hex_digit(c);

    if (digit >= 0) {
        if (chunks->digits == CHUNK_DIGITS_MAX)
            return CHUNK_BAD;
        chunks->digits++;
        chunks->left = chunks->left * 16 + (uint64_t)digit;
        return CHUNK_SIZE;
    }
    if (chunks->digits == 0)
        return CHUNK_BAD;
    return c == '\r' ? CHUNK_SIZE_LF : c == ';' ? CHUNK_EXTENSION : CHUNK_BAD;
}

/* A byte of anything but the data itself. */
static enum chunk_state other_byte(struct http_chunks *chunks, char c)
{
    switch ((enum chunk_state)chunks->state) {
    case CHUNK_SIZE:
        return size_byte(chunks, c);
    case CHUNK_EXTENSION:
        chunks->overhead++;
        return c == '\r' ? CHUNK_SIZE_LF : is_value((unsigned char)c) ? CHUNK_EXTENSION : CHUNK_BAD;
    case CHUNK_SIZE_LF:
        chunks->digits = 0;
        return c != '\n' ? CHUNK_BAD : chunks->left > 0 ? CHUNK_DATA : CHUNK_TRAILER_START;
    case CHUNK_DATA_CR:
        return c == '\r' ? CHUNK_DATA_LF : CHUNK_BAD;
    case CHUNK_DATA_LF:
        return c == '\n' ? CHUNK_SIZE : CHUNK_BAD;
    case CHUNK_TRAILER_START:
        if (c == '\r')
            return CHUNK_END_LF;
        chunks->overhead++;
        return is_token((unsigned char)c) ? CHUNK_TRAILER_NAME : CHUNK_BAD;
    case CHUNK_TRAILER_NAME:
        chunks->overhead++;
        return is_token((unsigned char)c) ? CHUNK_TRAILER_NAME
               : c == ':'                 ? CHUNK_TRAILER_VALUE
                                          : CHUNK_BAD;
    case CHUNK_TRAILER_VALUE:
        chunks->overhead++;
        return c == '\r'                    ? CHUNK_TRAILER_LF
               : is_value((unsigned char)c) ? CHUNK_TRAILER_VALUE
                                            : CHUNK_BAD;
    case CHUNK_TRAILER_LF:
        return c == '\n' ? CHUNK_TRAILER_START : CHUNK_BAD;
    case CHUNK_END_LF:
        return c == '\n' ? CHUNK_DONE : CHUNK_BAD;
    case CHUNK_DATA:
    case CHUNK_DONE:
    case CHUNK_BAD:
        break;
    }
    return CHUNK_BAD;
}

int http_chunks_read(struct http_chunks *chunks, const char *in, size_t len, size_t *used,
                     const char **data, size_t *data_len)
{
    *data = in;
    *data_len = 0;
    for (*used = 0; *used < len && chunks->state != CHUNK_DATA; (*used)++) {
        chunks->state = (uint8_t)other_byte(chunks, in[*used]);
        if (chunks->state == CHUNK_BAD)
            return ROOST_ERR_INVALID;
        if (chunks->overhead > CHUNK_OVERHEAD_MAX)
            return ROOST_ERR_TOO_LONG;
        if (chunks->state == CHUNK_DONE) {
            (*used)++;
            return 1;
        }
    }
    if (chunks->state == CHUNK_DATA) {
        uint64_t here = len - *used < chunks->left ? len - *used : chunks->left;
        *data = in + *used;
        *data_len = (size_t)here;
        *used += (size_t)here;
        chunks->left -= here;
        if (chunks->left == 0)
            chunks->state = CHUNK_DATA_CR;
    }
    return 0;
}
