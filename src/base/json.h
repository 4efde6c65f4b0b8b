/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
/*
 * Reading: cJSON behind checks of our own (UTF-8 first, depth <= 32, no \u0000, no lone surrogates,
 * byte cap by the caller). The tree lives until its arena is reset. Ids are decimal strings.
 * Writing: a streaming writer into a Buf.
 */
#include "base/buf.h"
#include "base/err.h"

typedef struct cJSON Json;
enum { JSON_MAX_DEPTH = 32 };

/* arena; code json.invalid with the byte offset, or json.utf8 / json.depth */
Err json_parse(Arena *a, ErrSlot *e, Str text, const Json **ret) WARN_UNUSED;
/* Reading never fails loudly: a missing key or another type gives the default. */
const Json *json_get(const Json *obj,
                     const char *key); /* borrowed; NULL when absent, or obj is no object */
Str json_str(const Json *obj, const char *key); /* borrowed; STR_NONE when absent or not a string */
bool json_has(const Json *obj, const char *key);
bool json_is_null(const Json *obj, const char *key);
int64_t json_i64(const Json *obj, const char *key, int64_t dflt); /* whole numbers within 2^53 */
double json_f64(const Json *obj, const char *key, double dflt);
bool json_bool(const Json *obj, const char *key, bool dflt);
bool json_id(const Json *obj, const char *key, int64_t *ret); /* decimal string > 0 */
const Json *json_first(
    const Json *arr_or_obj); /* children in order: for (c = json_first(a); c; c = json_next(c)) */
const Json *json_next(const Json *item);
Str json_value_str(const Json *v); /* of the value itself */
Str json_key(const Json *v);
int64_t json_value_i64(const Json *v, int64_t dflt);
bool json_is_object(const Json *v);
bool json_is_array(const Json *v);
bool json_is_string(const Json *v);
size_t json_count(const Json *v);
Str json_print(Arena *a, const Json *v); /* arena; compact text of a subtree */

/* Required text of min..max code points; sets field errors request.field_missing /
 * request.field_length. */
Err json_need_str(const Json *obj, ErrSlot *e, const char *key, size_t min, size_t max,
                  Str *ret) WARN_UNUSED;
/* As json_need_str, absent allowed (gives STR_NONE). */
Err json_opt_str(const Json *obj, ErrSlot *e, const char *key, size_t max, Str *ret) WARN_UNUSED;
Err json_need_id(const Json *obj, ErrSlot *e, const char *key, int64_t *ret) WARN_UNUSED;

typedef struct {
    Buf *out;
    unsigned depth;
    bool comma;
} JsonW;

void jw_init(JsonW *w, Buf *out);
void jw_obj(JsonW *w); /* { */
void jw_obj_end(JsonW *w);
void jw_arr(JsonW *w); /* [ */
void jw_arr_end(JsonW *w);
void jw_key(JsonW *w, const char *key); /* key: plain ASCII literal */
void jw_str(JsonW *w, Str s);
void jw_i64(JsonW *w, int64_t v);
void jw_f64(JsonW *w, double v); /* 4 decimals at most; not finite gives null */
void jw_bool(JsonW *w, bool v);
void jw_null(JsonW *w);
void jw_raw(JsonW *w, Str json);  /* already JSON */
void jw_id(JsonW *w, int64_t id); /* "123", or null for 0 */
/* key and value at once */
void jw_kstr(JsonW *w, const char *key, Str s);
void jw_ki64(JsonW *w, const char *key, int64_t v);
void jw_kbool(JsonW *w, const char *key, bool v);
void jw_kid(JsonW *w, const char *key, int64_t id);
void jw_knull(JsonW *w, const char *key);
void jw_kraw(JsonW *w, const char *key, Str json);
#endif
