/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_parser.h"

#include <string.h>

enum { CHUNK_DIGITS_MAX = 8, CHUNK_EXTRA_MAX = 4096 };

/* Lower-case form of the bytes that a token may have (RFC 9110 5.6.2), 0 for all others. */
static const char TOKEN[129] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0!\0#$%&'\0\0*+\0-.\0"
                               "0123456789\0\0\0\0\0\0"
                               "\0abcdefghijklmnopqrstuvwxyz\0\0\0^_"
                               "`abcdefghijklmnopqrstuvwxyz\0|\0~\0";

static char token_lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u < 128 ? TOKEN[u] : '\0';
}

/* A byte of a field value: visible, space, tab or above ASCII. */
static bool is_value_byte(char c)
{
    unsigned char u = (unsigned char)c;
    return (u >= 0x20 && u != 0x7f) || u == '\t';
}

static bool is_target_byte(char c)
{
    unsigned char u = (unsigned char)c;
    return u > 0x20 && u < 0x7f && u != '#';
}

static bool is_host_byte(char c)
{
    return token_lower(c) != '\0' ? c != '#' && c != '^' && c != '`' && c != '|'
                                  : c == ':' || c == '[' || c == ']' || c == '(' || c == ')' ||
                                        c == ',' || c == ';' || c == '=';
}

static bool is_same_word(Str s, const char *lower)
{
    size_t n = strlen(lower);
    if (s.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (token_lower(s.p[i]) != lower[i])
            return false;
    return true;
}

long http_head_end(const char *p, size_t n, size_t max_bytes, size_t *scanned)
{
    /* A head starts with a method. Anything else (a TLS hello, an empty line) need not be waited
     * for. */
    if (n > 0 && token_lower(p[0]) == '\0')
        return -400;
    size_t look = n < max_bytes ? n : max_bytes;
    size_t at = *scanned;
    while (at < look) {
        const char *lf = memchr(p + at, '\n', look - at);
        if (!lf)
            break;
        size_t i = (size_t)(lf - p);
        if (i == 0 || p[i - 1] != '\r')
            return -400;
        if (i >= 3 && p[i - 2] == '\n') {
            *scanned = 0;
            return (long)(i + 1);
        }
        at = i + 1;
    }
    if (n >= max_bytes)
        return memchr(p, '\n', look) ? -431 : -414;
    *scanned = look > at ? look : at;
    return 0;
}

static int parse_method(Str word, NetMethod *ret)
{
    static const struct {
        Str name;
        NetMethod method;
    } methods[] = {{{"GET", 3}, NET_GET},        {{"HEAD", 4}, NET_HEAD},
                   {{"POST", 4}, NET_POST},      {{"PUT", 3}, NET_PUT},
                   {{"PATCH", 5}, NET_PATCH},    {{"DELETE", 6}, NET_DELETE},
                   {{"OPTIONS", 7}, NET_OPTIONS}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (str_eq(word, methods[i].name)) {
            *ret = methods[i].method;
            return 1;
        }
    }
    for (size_t i = 0; i < word.n; i++)
        if (token_lower(word.p[i]) == '\0')
            return -400;
    return word.n ? -501 : -400;
}

static int parse_request_line(Str line, HttpHead *head)
{
    const char *end = line.p + line.n;
    const char *space = memchr(line.p, ' ', line.n);
    if (!space)
        return -400;
    int ok = parse_method((Str){line.p, (size_t)(space - line.p)}, &head->method);
    if (ok < 0)
        return ok;
    const char *target = space + 1;
    const char *at = target, *question = NULL;
    while (at < end && is_target_byte(*at)) {
        if (*at == '?' && !question)
            question = at;
        at++;
    }
    if (at == target || *target != '/' || at == end || *at != ' ')
        return -400;
    head->path = (Str){target, (size_t)((question ? question : at) - target)};
    head->query = question ? (Str){question + 1, (size_t)(at - question - 1)} : STR_NONE;
    Str version = {at + 1, (size_t)(end - at - 1)};
    if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0 || version.p[6] != '.' ||
        version.p[5] < '0' || version.p[5] > '9' || version.p[7] < '0' || version.p[7] > '9')
        return -400;
    if (version.p[5] != '1' || version.p[7] > '1')
        return -505;
    head->version_1_0 = version.p[7] == '0';
    return 1;
}

/* What the fields that steer the parser said. */
typedef struct {
    bool host, length, coding, key, version, upgrade_field;
    bool close, keep, upgrade_word, version_13, websocket;
} Fields;

static int take_length(Str value, int64_t *ret)
{
    if (value.n == 0 || value.n > 15)
        return -400;
    int64_t v = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9')
            return -400;
        v = v * 10 + (value.p[i] - '0');
    }
    *ret = v;
    return 1;
}

static int take_connection(Str value, Fields *f)
{
    for (Str rest = value; rest.p;) {
        Str word = str_trim(str_cut(&rest, ','));
        for (size_t i = 0; i < word.n; i++)
            if (token_lower(word.p[i]) == '\0')
                return -400;
        f->close |= is_same_word(word, "close");
        f->keep |= is_same_word(word, "keep-alive");
        f->upgrade_word |= is_same_word(word, "upgrade");
    }
    return 1;
}

static int take_host(Str value, HttpHead *head)
{
    if (value.n == 0)
        return -400;
    for (size_t i = 0; i < value.n; i++)
        if (!is_host_byte(value.p[i]))
            return -400;
    head->host = value;
    return 1;
}

static bool is_ws_key(Str key)
{
    if (key.n != 24 || key.p[22] != '=' || key.p[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++) {
        char c = key.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    /* 16 bytes leave 4 bits in the last letter that must be 0 */
    return memchr("AQgw", key.p[21], 4) != NULL;
}

static int once(bool *seen)
{
    if (*seen)
        return -400;
    *seen = true;
    return 1;
}

static int take_field(Str name, Str value, Fields *f, HttpHead *head)
{
    switch (name.n) {
    case 4:
        if (str_eq(name, STR("host")))
            return once(&f->host) < 0 ? -400 : take_host(value, head);
        break;
    case 6:
        if (str_eq(name, STR("expect"))) {
            head->expect_continue = is_same_word(value, "100-continue");
            return head->expect_continue ? 1 : -417;
        }
        break;
    case 7:
        if (str_eq(name, STR("upgrade"))) {
            f->websocket = is_same_word(value, "websocket");
            return once(&f->upgrade_field);
        }
        break;
    case 10:
        if (str_eq(name, STR("connection")))
            return take_connection(value, f);
        break;
    case 14:
        if (str_eq(name, STR("content-length")))
            return once(&f->length) < 0 ? -400 : take_length(value, &head->content_length);
        break;
    case 17:
        if (str_eq(name, STR("transfer-encoding"))) {
            head->chunked = is_same_word(value, "chunked");
            return once(&f->coding) < 0 ? -400 : head->chunked ? 1 : -501;
        }
        if (str_eq(name, STR("sec-websocket-key"))) {
            head->ws_key = value;
            return once(&f->key);
        }
        break;
    case 21:
        if (str_eq(name, STR("sec-websocket-version"))) {
            f->version_13 = str_eq(value, STR("13"));
            return once(&f->version);
        }
        break;
    default:
        break;
    }
    return 1;
}

int http_field_parse(char *p, size_t n, NetHeader *ret)
{
    size_t colon = 0;
    while (colon < n) {
        char lower = token_lower(p[colon]);
        if (lower == '\0')
            break;
        p[colon++] = lower;
    }
    if (colon == 0 || colon == n || p[colon] != ':')
        return -400; /* also a folded line, which starts with white space */
    size_t from = colon + 1, to = n;
    for (size_t i = from; i < to; i++)
        if (!is_value_byte(p[i]))
            return -400;
    while (from < to && (p[from] == ' ' || p[from] == '\t'))
        from++;
    while (to > from && (p[to - 1] == ' ' || p[to - 1] == '\t'))
        to--;
    *ret = (NetHeader){.name = {p, colon}, .value = {p + from, to - from}};
    return 1;
}

static int judge(const Fields *f, HttpHead *head)
{
    if (!f->host && !head->version_1_0)
        return -400;
    if (f->coding && (f->length || head->version_1_0))
        return -400;
    head->keep_alive = !head->version_1_0 && !f->close;
    if (f->websocket && f->upgrade_word && !head->version_1_0) {
        if (head->method != NET_GET || head->chunked || head->content_length > 0)
            return -400;
        if (!f->version_13)
            return f->version ? -426 : -400;
        if (!f->key || !is_ws_key(head->ws_key))
            return -400;
        head->upgrade = true;
    }
    return 1;
}

int http_head_parse(char *p, size_t n, NetHeader *headers, size_t headers_max, HttpHead *ret)
{
    HttpHead head = {.content_length = -1};
    Fields fields = {0};
    char *end = p + n;
    char *lf = n >= 4 ? memchr(p, '\n', n) : NULL;
    if (!lf || lf == p || lf[-1] != '\r')
        return -400;
    int ok = parse_request_line((Str){p, (size_t)(lf - p) - 1}, &head);
    if (ok < 0)
        return ok;
    for (char *line = lf + 1;; line = lf + 1) {
        lf = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
        if (!lf || lf == line || lf[-1] != '\r')
            return -400;
        size_t line_n = (size_t)(lf - line) - 1;
        if (line_n == 0)
            break;
        if (head.headers_n == headers_max)
            return -431;
        NetHeader *h = &headers[head.headers_n++];
        ok = http_field_parse(line, line_n, h);
        if (ok > 0)
            ok = take_field(h->name, h->value, &fields, &head);
        if (ok < 0)
            return ok;
    }
    if (lf + 1 != end)
        return -400;
    ok = judge(&fields, &head);
    if (ok < 0)
        return ok;
    *ret = head;
    return 1;
}

typedef enum {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER,
    CHUNK_TRAILER_NAME,
    CHUNK_TRAILER_VALUE,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_END
} ChunkState;

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int chunk_size_byte(HttpChunked *c, char b)
{
    int digit = hex_value(b);
    if (digit >= 0) {
        if (c->digits == CHUNK_DIGITS_MAX || c->left > UINT32_MAX >> 4)
            return -413;
        c->left = c->left << 4 | (uint32_t)digit;
        c->digits++;
        return CHUNK_SIZE;
    }
    if (c->digits == 0)
        return -400;
    if (b == ';')
        return CHUNK_EXTENSION;
    return b == '\r' ? CHUNK_SIZE_LF : -400;
}

/* The state after one byte that is no data, or a negative status. */
static int chunk_byte(HttpChunked *c, char b)
{
    switch ((ChunkState)c->state) {
    case CHUNK_SIZE:
        return chunk_size_byte(c, b);
    case CHUNK_EXTENSION:
        if (b == '\r')
            return CHUNK_SIZE_LF;
        return is_value_byte(b) ? CHUNK_EXTENSION : -400;
    case CHUNK_SIZE_LF:
        c->digits = 0;
        if (b != '\n')
            return -400;
        return c->left ? CHUNK_DATA : CHUNK_TRAILER;
    case CHUNK_DATA_CR:
        return b == '\r' ? CHUNK_DATA_LF : -400;
    case CHUNK_DATA_LF:
        return b == '\n' ? CHUNK_SIZE : -400;
    case CHUNK_TRAILER:
        if (b == '\r')
            return CHUNK_END_LF;
        return token_lower(b) ? CHUNK_TRAILER_NAME : -400;
    case CHUNK_TRAILER_NAME:
        if (b == ':')
            return CHUNK_TRAILER_VALUE;
        return token_lower(b) ? CHUNK_TRAILER_NAME : -400;
    case CHUNK_TRAILER_VALUE:
        if (b == '\r')
            return CHUNK_TRAILER_LF;
        return is_value_byte(b) ? CHUNK_TRAILER_VALUE : -400;
    case CHUNK_TRAILER_LF:
        return b == '\n' ? CHUNK_TRAILER : -400;
    case CHUNK_END_LF:
        return b == '\n' ? CHUNK_END : -400;
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return -400;
}

int http_chunked_next(HttpChunked *c, const char *p, size_t n, size_t *ret_used, Str *ret_data)
{
    size_t at = 0;
    int result = 0;
    while (at < n && result == 0) {
        if (c->state == CHUNK_DATA) {
            size_t take = n - at < c->left ? n - at : c->left;
            *ret_data = (Str){p + at, take};
            c->left -= (uint32_t)take;
            at += take;
            if (c->left == 0)
                c->state = CHUNK_DATA_CR;
            result = 2;
            break;
        }
        if (c->state == CHUNK_EXTENSION || c->state >= CHUNK_TRAILER) {
            if (++c->extra > CHUNK_EXTRA_MAX) {
                result = -431;
                break;
            }
        }
        int next = chunk_byte(c, p[at++]);
        if (next < 0) {
            result = next;
            break;
        }
        c->state = (uint8_t)next;
        if (next == CHUNK_END)
            result = 1;
    }
    *ret_used = at;
    return result;
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Status";
}
