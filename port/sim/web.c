/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"

enum {
    SEGMENT_MS = 12,      /* 1 Mbit/s */
    WINDOW_FULL_MS = 100, /* until the line is looked at again */
    GIVE_UP_MS = 60000
};

static const char page[] = "<p>This is not the file.</p>";

/* ---- files ---- */

static struct sim_web_file *find(struct sim_web *web, const char *path)
{
    for (size_t i = 0; i < SIM_WEB_FILES_MAX; i++)
        if (web->files[i].used && strcmp(web->files[i].path, path) == 0)
            return &web->files[i];
    return NULL;
}

void sim_web_remove(struct sim_web *web, const char *path)
{
    struct sim_web_file *file = find(web, path);

    if (!file)
        return;
    sim_message_drop(file->content);
    *file = (struct sim_web_file){0};
}

struct sim_web_file *sim_web_put(struct sim_web *web, const char *path, const void *bytes,
                                 size_t len)
{
    struct sim_web_file *file = NULL;

    sim_web_remove(web, path);
    for (size_t i = 0; i < SIM_WEB_FILES_MAX && !file; i++)
        if (!web->files[i].used)
            file = &web->files[i];
    ROOST_ASSERT(file && strlen(path) <= SIM_WEB_PATH_MAX);
    *file = (struct sim_web_file){.used = true};
    file->content = sim_message_new(path, bytes, len, 0, false);
    snprintf(file->path, sizeof file->path, "%s", path);
    return file;
}

/* ---- a transfer ---- */

static void end(struct sim_web_transfer *transfer)
{
    transfer->conn = NULL;
    transfer->life++;
    sim_message_drop(transfer->content);
    transfer->content = NULL;
    transfer->box = NULL;
    free(transfer->came);
    transfer->came = NULL;
    transfer->came_len = 0;
}

static void hang_up(struct sim_web_transfer *transfer)
{
    sim_conn_close(transfer->conn, SIM_SERVER);
    end(transfer);
}

static void send_bytes(struct sim_web_transfer *transfer, const void *bytes, size_t len)
{
    struct sim_packet packet = {.type = SIM_BYTES,
                                .message = sim_message_new("", bytes, len, 0, false)};

    sim_conn_send(transfer->conn, SIM_SERVER, &packet);
}

/* Sends the next segment when the line takes it. */
static void pump(void *ctx, uint64_t number, void *data)
{
    struct sim_web_transfer *transfer = ctx;
    struct sim_clock *clock = transfer->web->net->clock;
    uint64_t again_ms = clock->now_ms + WINDOW_FULL_MS;

    (void)number;
    (void)data;
    if (transfer->conn->towards[SIM_CLIENT].count < SIM_WEB_WINDOW) {
        size_t len = transfer->end - transfer->at;

        if (len > SIM_WEB_SEGMENT)
            len = SIM_WEB_SEGMENT;
        if (len > 0)
            send_bytes(transfer, transfer->content->bytes + transfer->at, len);
        transfer->at += len;
        transfer->web->bytes += len;
        transfer->moved_ms = clock->now_ms;
        again_ms = clock->now_ms + transfer->segment_ms;
        if (transfer->at == transfer->end) {
            if (transfer->cut)
                hang_up(transfer);
            return; /* else the client closes */
        }
    } else if (clock->now_ms - transfer->moved_ms >= GIVE_UP_MS) {
        sim_conn_reset(transfer->conn, SIM_SERVER);
        end(transfer);
        return;
    }
    sim_at_guarded(clock, again_ms, pump, transfer, 0, NULL, &transfer->life);
}

/* ---- uploads ---- */

struct sim_web_box *sim_web_box(struct sim_web *web, const char *path)
{
    struct sim_web_box *box = NULL;

    for (size_t i = 0; i < SIM_WEB_BOXES_MAX && !box; i++)
        if (!web->boxes[i].used || strcmp(web->boxes[i].path, path) == 0)
            box = &web->boxes[i];
    ROOST_ASSERT(box && strlen(path) <= SIM_WEB_PATH_MAX);
    free(box->bytes);
    *box = (struct sim_web_box){.used = true};
    snprintf(box->path, sizeof box->path, "%s", path);
    return box;
}

static void say(struct sim_web_transfer *transfer, int code)
{
    const struct sim_web_answer answer = {.code = code};

    send_bytes(transfer, &answer, sizeof answer);
}

static bool welcome(const struct sim_web_box *box, const struct sim_web_request *request)
{
    return !box->user ||
           (strcmp(box->user, request->user) == 0 && strcmp(box->password, request->password) == 0);
}

static void begin_upload(struct sim_web_transfer *transfer, const struct sim_web_request *request)
{
    struct sim_web *web = transfer->web;
    struct sim_web_box *box = NULL;

    web->requests++;
    for (size_t i = 0; i < SIM_WEB_BOXES_MAX && !box; i++)
        if (web->boxes[i].used && strcmp(web->boxes[i].path, request->path) == 0)
            box = &web->boxes[i];
    transfer->request = *request;
    if (request->secure && web->untrusted)
        send_bytes(transfer, &(struct sim_web_answer){.untrusted = true},
                   sizeof(struct sim_web_answer));
    else if (!box)
        say(transfer, request->ftp ? 550 : 404);
    else if (!welcome(box, request))
        say(transfer, request->ftp ? 530 : 401);
    else if (box->code)
        say(transfer, box->code);
    else
        transfer->box = box; /* else what still comes is dropped */
}

static void upload_packet(struct sim_web_transfer *transfer, const struct sim_message *part)
{
    struct sim_web_box *box = transfer->box;
    bool ftp = transfer->request.ftp;

    if (!box)
        return;
    if (part->len == 0) {
        free(box->bytes);
        box->bytes = transfer->came;
        box->len = transfer->came_len;
        box->method = transfer->request.method;
        memcpy(box->type, transfer->request.type, sizeof box->type);
        box->uploads++;
        transfer->came = NULL;
        transfer->box = NULL;
        say(transfer, ftp ? 226 : 201);
        return;
    }
    if (transfer->came_len + part->len > SIM_WEB_UPLOAD_MAX) {
        transfer->box = NULL;
        say(transfer, ftp ? 552 : 507);
        return;
    }
    transfer->came = realloc(transfer->came, transfer->came_len + part->len);
    ROOST_ASSERT(transfer->came);
    memcpy(transfer->came + transfer->came_len, part->bytes, part->len);
    transfer->came_len += part->len;
    if (box->cut_after > 0 && transfer->came_len >= box->cut_after)
        hang_up(transfer);
}

/* ---- downloads ---- */

/* What of the file is sent, and what is said of it. */
static void prepare(struct sim_web_transfer *transfer, struct sim_web_file *file, uint64_t offset,
                    struct sim_web_answer *answer)
{
    size_t len = file->content->len;
    size_t from = file->ignores_range || offset > len ? 0 : (size_t)offset;

    transfer->content = sim_message_hold(file->content);
    transfer->at = from;
    transfer->end = len;
    transfer->cut = file->cut_after > 0 && file->cut_after < len;
    if (transfer->cut)
        transfer->end = file->cut_after > from ? file->cut_after : from;
    transfer->segment_ms = file->segment_ms ? file->segment_ms : transfer->web->segment_ms;
    answer->code = from > 0 ? 206 : 200;
    answer->offset = from;
    answer->length = len - from;
}

static void answer_page(struct sim_web_transfer *transfer, int code, struct sim_web_answer *answer)
{
    answer->code = code;
    answer->length = sizeof page - 1;
    transfer->content = sim_message_new("", page, sizeof page - 1, 0, false);
    transfer->end = sizeof page - 1;
    transfer->segment_ms = transfer->web->segment_ms;
}

static void answer_request(struct sim_web_transfer *transfer, const struct sim_web_request *request)
{
    struct sim_web *web = transfer->web;
    struct sim_web_file *file = find(web, request->path);
    struct sim_web_answer answer = {.code = 0};

    web->requests++;
    if (file)
        file->requests++;
    if (request->secure && web->untrusted)
        answer.untrusted = true;
    else if (!file)
        answer_page(transfer, 404, &answer);
    else if (file->code)
        answer_page(transfer, file->code, &answer);
    else if (request->offset > 0 && request->offset >= file->content->len && !file->ignores_range)
        answer_page(transfer, 416, &answer);
    else
        prepare(transfer, file, request->offset, &answer);
    if (file && file->code / 100 == 3)
        memcpy(answer.location, file->location, sizeof answer.location);
    if (request->ftp && answer.code)
        answer.code = answer.code / 100 == 2 ? 226 : 550;
    send_bytes(transfer, &answer, sizeof answer);
    if (answer.untrusted)
        return; /* the client hangs up */
    transfer->moved_ms = web->net->clock->now_ms;
    sim_at_guarded(web->net->clock, transfer->moved_ms + transfer->segment_ms, pump, transfer, 0,
                   NULL, &transfer->life);
}

static void transfer_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_web_transfer *transfer = ctx;

    if (packet->type == SIM_BYTES) {
        if (transfer->request.method != ROOST_HTTP_GET)
            upload_packet(transfer, packet->message);
        return; /* else a second request: one connection each is all there is here */
    }
    sim_conn_reset(conn, SIM_SERVER);
    end(transfer);
}

static void transfer_closed(void *ctx, struct sim_conn *conn, int why)
{
    (void)conn;
    (void)why;
    end(ctx);
}

static const struct sim_end_ops transfer_ops = {.packet = transfer_packet,
                                                .closed = transfer_closed};

/* ---- the door ---- */

static void door_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_web *web = ctx;
    struct sim_web_request request;
    size_t i = 0;

    while (i < SIM_WEB_TRANSFERS_MAX && web->transfers[i].conn)
        i++;
    if (web->away || packet->type != SIM_BYTES || packet->message->len != sizeof request ||
        i == SIM_WEB_TRANSFERS_MAX) {
        sim_conn_reset(conn, SIM_SERVER);
        return;
    }
    memcpy(&request, packet->message->bytes, sizeof request);
    web->transfers[i] =
        (struct sim_web_transfer){.web = web, .conn = conn, .life = web->transfers[i].life + 1};
    conn->ops[SIM_SERVER] = &transfer_ops;
    conn->ctx[SIM_SERVER] = &web->transfers[i];
    if (request.method != ROOST_HTTP_GET)
        begin_upload(&web->transfers[i], &request);
    else
        answer_request(&web->transfers[i], &request);
}

static void door_closed(void *ctx, struct sim_conn *conn, int why)
{
    (void)ctx;
    (void)conn;
    (void)why;
}

static const struct sim_end_ops door_ops = {.packet = door_packet, .closed = door_closed};

/* ---- lifecycle ---- */

void sim_web_init(struct sim_web *web, struct sim_net *net)
{
    memset(web, 0, sizeof *web);
    web->net = net;
    web->segment_ms = SEGMENT_MS;
    sim_net_listen(net, SIM_HTTP_PORT, &door_ops, web);
    sim_net_listen(net, SIM_HTTPS_PORT, &door_ops, web);
    sim_net_listen(net, SIM_FTP_PORT, &door_ops, web);
}

void sim_web_deinit(struct sim_web *web)
{
    for (size_t i = 0; i < SIM_WEB_TRANSFERS_MAX; i++) {
        sim_message_drop(web->transfers[i].content);
        free(web->transfers[i].came);
    }
    for (size_t i = 0; i < SIM_WEB_BOXES_MAX; i++)
        free(web->boxes[i].bytes);
    for (size_t i = 0; i < SIM_WEB_FILES_MAX; i++)
        sim_message_drop(web->files[i].content);
    memset(web, 0, sizeof *web);
}
