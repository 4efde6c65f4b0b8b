/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the endpoint. Public addresses over TLS only; private ones only where the program
 * allows them, whatever name led there. */
#include "service/hook_internal.h"
#include "service/llm_internal.h"

#include "base/clock.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, AGAIN_MS = 300, STEP_MS = 20 };

typedef struct {
    const LlmCall *call;
    Buf body;
    bool tls, refused;
} Try;

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *sa)
{
    Try *t = user;
    (void)purpose;
    bool open_net = hook_addr_public(&sa->addr);
    if (open_net ? !t->tls : !t->call->private_too) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(sa->family, sa->socktype | SOCK_CLOEXEC, sa->protocol);
}

static size_t on_answer(char *bytes, size_t size, size_t n, void *user)
{
    Try *t = user;
    buf_put(&t->body, (Str){bytes, size * n});
    return t->body.over ? 0 : size * n;
}

static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const Try *t = user;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(t->call->stopping);
}

Str llm_target(Arena *a, Str url)
{
    if (memchr(url.p, '?', url.n) || str_ends(url, STR("/chat/completions")))
        return url;
    while (url.n && url.p[url.n - 1] == '/')
        url.n--;
    return str_fmt(a, "%.*s/chat/completions", STR_ARG(url));
}

static bool options(CURL *e, Try *t, const char *url, struct curl_slist *headers, long left_ms)
{
    CURLcode bad = CURLE_OK;
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_URL, url);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_PROXY, ""); /* it would hide the address */
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, left_ms);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_USERAGENT, "Zhixin/1");
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_POST, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_POSTFIELDS, t->call->body.p);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)t->call->body.n);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_XFERINFODATA, t);
    return !bad;
}

static struct curl_slist *headers_of(Arena *a, Str key)
{
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");
    struct curl_slist *more = list ? curl_slist_append(list, "Accept: application/json") : NULL;
    more = more ? curl_slist_append(list, "Expect:") : NULL;
    if (more && key.n)
        more = curl_slist_append(list,
                                 str_c(a, str_fmt(a, "Authorization: Bearer %.*s", STR_ARG(key))));
    if (!more) {
        curl_slist_free_all(list);
        return NULL;
    }
    return list;
}

/* ---- what came of it ---- */
static Err unreachable(ErrSlot *e, const char *why)
{
    return err_set(e, ERR_UPSTREAM, "llm.unreachable", "%s", why);
}

static Err not_sent(ErrSlot *e, const Try *t, CURLcode code, LlmReply *ret)
{
    if (t->refused)
        return unreachable(e,
                           t->call->private_too
                               ? "a public address is spoken to over https only"
                               : "the name leads to a private address; --hooks-private allows it");
    if (t->body.over)
        return err_set(e, ERR_UPSTREAM, "llm.bad_answer", "the answer is larger than %d bytes",
                       LLM_ANSWER_BYTES);
    if (code == CURLE_ABORTED_BY_CALLBACK) {
        ret->ended = true;
        return err_set(e, ERR_BUSY, "llm.resting", "the desk is stopping");
    }
    if (code == CURLE_OPERATION_TIMEDOUT)
        return unreachable(
            e, "no answer in time: a smaller model, a quicker machine, or a longer timeout_ms");
    return unreachable(e, str_of(curl_easy_strerror(code)).p);
}

static Err judged(ErrSlot *e, long status, const char *type)
{
    if (status >= 500 || status == 429 || status == 408)
        return err_set(e, ERR_UPSTREAM, "llm.unreachable",
                       status == 429 ? "the endpoint says that it is asked too often (%ld)"
                                     : "the endpoint answers with %ld: look at its log",
                       status);
    if (status == 401 || status == 403)
        return err_set(e, ERR_UPSTREAM, "llm.bad_answer",
                       "the endpoint answers with %ld: is the key right?", status);
    if (status < 200 || status >= 300)
        return err_set(e, ERR_UPSTREAM, "llm.bad_answer",
                       "the endpoint answers with %ld: are address and model right?", status);
    if (!type || strncasecmp(type, "application/json", 16) != 0)
        return err_set(e, ERR_UPSTREAM, "llm.bad_answer",
                       "the endpoint does not answer with application/json: is the address that of "
                       "chat completions?");
    return ERR_OK;
}

/* *ret_again: it may go better at once. */
static Err send_once(Arena *a, ErrSlot *e, Try *t, const char *url, long left_ms, LlmReply *ret,
                     bool *ret_again)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *headers = headers_of(a, t->call->key);
    Err err;
    *ret_again = false;
    if (!easy || !headers || !options(easy, t, url, headers, left_ms)) {
        err = err_set(e, ERR_INTERNAL, "llm.start", "libcurl does not take the request");
    } else {
        CURLcode code = curl_easy_perform(easy);
        long status = 0;
        const char *type = NULL;
        curl_off_t sent = 0;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
        curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        ret->read_it = ret->read_it || (sent > 0 && (code != CURLE_OK || status == 200));
        err = code ? not_sent(e, t, code, ret) : judged(e, status, type);
        *ret_again = err && !t->refused && !t->body.over && !ret->ended &&
                     code != CURLE_OPERATION_TIMEDOUT && (code || status >= 500);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return err;
}

static void pause_ms(const LlmCall *call, int ms)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    for (int i = 0; i < ms / STEP_MS && !atomic_load(call->stopping); i++)
        nanosleep(&step, NULL);
}

Err llm_send(Arena *a, ErrSlot *e, const LlmCall *call, LlmReply *ret)
{
    const char *url = str_c(a, llm_target(a, call->url));
    int64_t until = clock_steady_ns() / 1000000 + call->timeout_ms;
    Err err = ERR_OK;
    *ret = (LlmReply){0};
    for (int i = 0; i < LLM_TRIES; i++) {
        Try t = {.call = call, .tls = strncasecmp(url, "https:", 6) == 0};
        int64_t left = until - clock_steady_ns() / 1000000;
        bool again = false;
        if (i && left < SERVICE_LLM_TIMEOUT_MIN / 2)
            break;
        buf_init(&t.body, a, LLM_ANSWER_BYTES);
        err = send_once(a, e, &t, url, (long)(left > 1 ? left : 1), ret, &again);
        ret->body = buf_str(&t.body);
        if (!err || !again)
            break;
        pause_ms(call, AGAIN_MS);
    }
    return err;
}
