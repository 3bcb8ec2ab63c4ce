/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/provider/http_provider.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_write.h"
#include "host/log.h"
#include "hub/worker.h"

enum { THREADS = 2, TIMEOUT_S = 20, ANSWER_MAX = 8192, BODY_MAX = 4096 };

struct http_provider {
    struct worker *worker;
    const char *url, *secret;
    atomic_bool stops;
};

struct request {
    struct worker_job job; /* first */
    struct http_provider *provider;
    bool refund;
    char payment_id[MONEY_ID_BYTES];
    char body[BODY_MAX];
    char answer[ANSWER_MAX];
    size_t answer_len;
    long status; /* of HTTP; 0: there was no answer */
    char reference[MONEY_REFERENCE_BYTES], where[MONEY_URL_BYTES];
    int err;
    money_begun_fn begun;
    money_refunded_fn refunded;
    void *arg;
};

/* ---- asked ---- */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    struct request *request = arg;
    size_t len = size * count;

    if (request->answer_len + len >= sizeof request->answer)
        return 0; /* ends it */
    memcpy(request->answer + request->answer_len, bytes, len);
    request->answer_len += len;
    return len;
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct request *request = arg;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(&request->provider->stops);
}

static struct curl_slist *headers_of(const struct request *request)
{
    char signature[HTTP_PROVIDER_SIGNATURE_BYTES], line[160];
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

    if (http_provider_sign(request->provider->secret, request->body, strlen(request->body),
                           signature) < 0)
        signature[0] = '\0';
    snprintf(line, sizeof line, "Roost-Signature: %s", signature);
    list = curl_slist_append(list, line);
    snprintf(line, sizeof line, "Idempotency-Key: %s%s", request->payment_id,
             request->refund ? "-refund" : "");
    return curl_slist_append(list, line);
}

/* On a worker's thread. */
static void perform(struct request *request, CURL *curl)
{
    char url[MONEY_URL_BYTES + 16];
    struct curl_slist *headers = headers_of(request);

    snprintf(url, sizeof url, "%s/%s", request->provider->url,
             request->refund ? "refund" : "begin");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, request);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, request);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &request->status);
    request->answer[request->answer_len] = '\0';
    curl_slist_free_all(headers);
}

static void run(struct worker_job *job, size_t thread)
{
    struct request *request = (struct request *)job;
    CURL *curl = curl_easy_init();

    (void)thread;
    if (curl)
        perform(request, curl);
    curl_easy_cleanup(curl);
    request->err = request->refund ? http_provider_refunded(request->status, request->answer)
                                   : http_provider_begun(request->status, request->answer,
                                                         request->reference, request->where);
}

static void over(struct worker_job *job, int err)
{
    struct request *request = (struct request *)job;

    if (err == 0)
        err = request->err;
    if (err < 0)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "pay", "the provider does not do as it is asked",
                         RF_STR("payment", request->payment_id),
                         RF_STR("request", request->refund ? "refund" : "begin"),
                         RF_INT("status", request->status), RF_ERR("error", err));
    if (request->refund)
        request->refunded(request->arg, err);
    else
        request->begun(request->arg, err, request->reference, request->where);
    free(request);
}

static struct request *request_new(struct http_provider *provider, const char *payment_id,
                                   struct roost_json_writer *w)
{
    struct request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    request->job = (struct worker_job){.run = run, .done = over};
    request->provider = provider;
    snprintf(request->payment_id, sizeof request->payment_id, "%s", payment_id);
    roost_json_begin(w, request->body, sizeof request->body - 1);
    roost_json_object(w);
    roost_json_put_str(w, "payment_id", payment_id);
    return request;
}

static int send_it(struct request *request, struct roost_json_writer *w)
{
    roost_json_end(w);
    int len = roost_json_finish(w);
    int err = len < 0 ? len : worker_push(request->provider->worker, &request->job);

    if (len >= 0)
        request->body[len] = '\0';
    if (err < 0)
        free(request);
    return err;
}

static int begin(void *ctx, const struct money_order *order, money_begun_fn done, void *arg)
{
    struct roost_json_writer w;
    struct request *request = request_new(ctx, order->payment_id, &w);

    if (!request)
        return ROOST_ERR_NO_MEMORY;
    request->begun = done;
    request->arg = arg;
    roost_json_put_int(&w, "amount", order->amount);
    roost_json_put_str(&w, "currency", order->currency);
    roost_json_put_str(&w, "description", order->description);
    roost_json_put_str(&w, "return_url", order->return_url);
    roost_json_put_str(&w, "notice_url", order->notice_url);
    return send_it(request, &w);
}

static int refund(void *ctx, const struct money_refund *refund, money_refunded_fn done, void *arg)
{
    struct roost_json_writer w;
    struct request *request = request_new(ctx, refund->payment_id, &w);

    if (!request)
        return ROOST_ERR_NO_MEMORY;
    request->refund = true;
    request->refunded = done;
    request->arg = arg;
    roost_json_put_str(&w, "reference", refund->reference);
    roost_json_put_int(&w, "amount", refund->amount);
    roost_json_put_str(&w, "currency", refund->currency);
    return send_it(request, &w);
}

static int notice(void *ctx, const char *body, size_t len, const char *signature,
                  struct money_notice *out)
{
    const struct http_provider *provider = ctx;

    return http_provider_notice(provider->secret, body, len, signature, out);
}

struct money_provider http_provider_of(struct http_provider *provider)
{
    static const struct money_provider_ops ops = {
        .begin = begin, .refund = refund, .notice = notice};

    return (struct money_provider){.ops = &ops, .ctx = provider};
}

/* ---- life ---- */

int http_provider_open(struct http_provider **out, struct uv_loop_s *loop, const char *url,
                       const char *secret, struct why *why)
{
    *out = NULL;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return why_not(why, ROOST_ERR_INVALID, "not http:// or https://");
    if (strlen(url) >= MONEY_URL_BYTES || url[strlen(url) - 1] == '/')
        return why_not(why, ROOST_ERR_INVALID, "at most 511 characters, without a / at its end");
    struct http_provider *provider = calloc(1, sizeof *provider);
    if (!provider || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
        worker_new(&provider->worker, loop, THREADS, MONEY_PROVIDER_QUEUE_MAX) < 0) {
        free(provider);
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    }
    provider->url = url;
    provider->secret = secret;
    *out = provider;
    return 0;
}

void http_provider_close(struct http_provider *provider)
{
    if (!provider)
        return;
    atomic_store(&provider->stops, true);
    worker_close(provider->worker, false);
    free(provider);
}
