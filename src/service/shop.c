/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration in force of each shop: read once, compiled, shared by all threads until it
 * changes. A setting that cannot be read is reported and its default holds: chat goes on. */
#include "service/internal.h"

#include "accounts/setting.h"
#include "base/clock.h"
#include "desk/script.h"

enum {
    GREETING_MS = 15000, /* PRE-1 */
    REPLY_MS = 20000,    /* PRE-2 */
    WARNING_MS = 5000,
    FACTS_MAX = 300,
    FACT_BYTES = 4000
};
static const int64_t UNSURE_NS = INT64_C(30000000000); /* longer than any transaction */
static const int64_t PROVISIONAL_NS = INT64_C(500000000);
static const int64_t OTHERS_NS = INT64_C(10000000000);

static void warn(const Service *s, const char *msg, const ErrSlot *e)
{
    if (s->log)
        log_line(s->log, LOG_WARN, msg, "code", str_of(e->code), "error", str_of(e->text), NULL);
}

static void destroy(ServiceSnapshot *snap)
{
    assist_guard_destroy(snap->own_guard);
    assist_library_destroy(snap->own_scripts);
    arena_destroy(snap->arena);
}

static void drop(void *ptr)
{
    ServiceSnapshot *snap = ptr;
    Service *s = snap->service;
    pthread_mutex_lock(&s->lock);
    bool last = --snap->references == 0;
    pthread_mutex_unlock(&s->lock);
    if (last)
        destroy(snap);
}

static Str always_open(Arena *a, Str timezone)
{
    return str_fmt(a,
                   "{\"timezone\":\"%.*s\",\"week\":[[],[],[],[],[],[],[]],\"breaks\":[],"
                   "\"holidays\":[],\"always\":true}",
                   STR_ARG(timezone));
}

static Err load_hours(Service *s, Ctx *c, ServiceSnapshot *snap, Str timezone)
{
    AccountsSetting set;
    Err err = accounts_setting_get(c, STR("hours"), &set);
    if (err)
        return err;
    ServiceShop *shop = &snap->shop;
    ErrSlot e = {0};
    shop->rules.hours = hours_always();
    shop->hours_json = always_open(snap->arena, timezone);
    if (!set.version)
        return ERR_OK;
    shop->hours_version = set.version;
    if (hours_parse(snap->arena, &e, set.value, &shop->rules.hours) == ERR_OK) {
        shop->hours_json = str_dup(snap->arena, set.value);
    } else {
        warn(s, "working hours cannot be read: always open", &e);
        shop->rules.hours = hours_always();
    }
    return ERR_OK;
}

static Err load_sla(Service *s, Ctx *c, ServiceSnapshot *snap)
{
    AccountsSetting set;
    Err err = accounts_setting_get(c, STR("sla"), &set);
    if (err)
        return err;
    DeskRules *r = &snap->shop.rules;
    r->greeting_ms = GREETING_MS;
    r->reply_ms = REPLY_MS;
    r->warning_ms = WARNING_MS;
    snap->shop.sla_version = r->version = set.version;
    const Json *j;
    ErrSlot e = {0};
    if (!set.version)
        return ERR_OK;
    if (json_parse(c->arena, &e, set.value, &j)) {
        warn(s, "limits cannot be read: defaults hold", &e);
        return ERR_OK;
    }
    r->greeting_ms = json_i64(j, "greeting_ms", GREETING_MS);
    r->reply_ms = json_i64(j, "reply_ms", REPLY_MS);
    r->warning_ms = json_i64(j, "warning_ms", WARNING_MS);
    if (r->greeting_ms < 1)
        r->greeting_ms = GREETING_MS;
    if (r->reply_ms < 1)
        r->reply_ms = REPLY_MS;
    if (r->warning_ms < 0)
        r->warning_ms = 0;
    return ERR_OK;
}

static Err load_guard(Service *s, Ctx *c, ServiceSnapshot *snap)
{
    AccountsSetting set;
    Err err = accounts_setting_get(c, STR("guard"), &set);
    if (err)
        return err;
    ErrSlot e = {0};
    snap->shop.guard = s->guard;
    snap->shop.guard_json = s->guard_json;
    snap->shop.guard_version = set.version;
    if (!set.version)
        return ERR_OK;
    snap->own_guard = assist_guard_create(set.value, &e);
    if (!snap->own_guard) {
        warn(s, "guard rules cannot be read: the built-in ones hold", &e);
        return ERR_OK;
    }
    snap->shop.guard = snap->own_guard;
    snap->shop.guard_json = str_dup(snap->arena, set.value);
    return ERR_OK;
}

static bool replaced(const DeskScript *rows, size_t n, Str id)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(rows[i].id, id))
            return true;
    return false;
}

static Err load_scripts(Service *s, Ctx *c, ServiceSnapshot *snap)
{
    snap->shop.scripts = s->scripts;
    Err err = desk_script_version(c, &snap->shop.scripts_version);
    if (err || !snap->shop.scripts_version)
        return err;
    DeskScript *rows;
    size_t n;
    err = desk_script_list(c, &rows, &n);
    if (err)
        return err;
    Str *texts = ARENA_ARRAY(c->arena, Str, n + s->builtin_n + 1);
    size_t text_n = 0;
    ErrSlot e = {0};
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].active)
            continue;
        if (assist_script_check(rows[i].body, &e))
            warn(s, "a script cannot be read: left out", &e);
        else
            texts[text_n++] = rows[i].body;
    }
    for (size_t i = 0; i < s->builtin_n; i++)
        if (!replaced(rows, n, s->builtin[i].id))
            texts[text_n++] = s->builtin[i].json;
    snap->own_scripts = assist_library_create(texts, text_n, &e);
    if (snap->own_scripts)
        snap->shop.scripts = snap->own_scripts;
    else
        warn(s, "scripts cannot be read: the built-in ones hold", &e);
    return ERR_OK;
}

static void add_fact(ServiceSnapshot *snap, AssistFact *facts, Str name, Str value, Str source)
{
    ServiceShop *shop = &snap->shop;
    if (shop->fact_n == FACTS_MAX || !name.n || !value.n || value.n > FACT_BYTES ||
        assist_fact(facts, shop->fact_n, name))
        return;
    facts[shop->fact_n++] = (AssistFact){.name = str_dup(snap->arena, name),
                                         .value = str_dup(snap->arena, value),
                                         .source = str_dup(snap->arena, source)};
}

/* Setting "facts": {"items":[{"name":"shop.ship_time","value":"48 小时内","source":"…"?}…]}. */
static Err load_facts(Service *s, Ctx *c, ServiceSnapshot *snap, Str name)
{
    AssistFact *facts = ARENA_ARRAY(snap->arena, AssistFact, FACTS_MAX);
    snap->shop.facts = facts;
    add_fact(snap, facts, STR("shop.name"), name, STR("店铺资料"));
    const Json *j;
    ErrSlot e = {0};
    if (json_parse(c->arena, &e, snap->shop.hours_json, &j) == ERR_OK)
        add_fact(snap, facts, STR("shop.hours"), service_hours_words(c->arena, j),
                 str_fmt(c->arena, "营业时间 v%lld", (long long)snap->shop.hours_version));
    AccountsSetting set;
    Err err = accounts_setting_get(c, STR("facts"), &set);
    if (err || !set.version)
        return err;
    if (json_parse(c->arena, &e, set.value, &j)) {
        warn(s, "facts cannot be read", &e);
        return ERR_OK;
    }
    for (const Json *x = json_first(json_get(j, "items")); x; x = json_next(x)) {
        Str source = json_str(x, "source");
        source = str_fmt(c->arena, "%.*s v%lld", STR_ARG(source.n ? source : STR("店铺政策")),
                         (long long)set.version);
        add_fact(snap, facts, json_str(x, "name"), json_str(x, "value"), source);
    }
    return ERR_OK;
}

typedef struct {
    Service *service;
    ServiceSnapshot *snap;
} Load;

static Err load(Ctx *c, void *arg)
{
    Load *l = arg;
    AccountsShop row;
    Err err = accounts_shop_get(c, &row);
    if (err)
        return err;
    Arena *arena = arena_create(SERVICE_SHOP_ARENA);
    ServiceSnapshot *snap = ARENA_NEW(arena, ServiceSnapshot);
    snap->service = l->service;
    snap->arena = arena;
    snap->shop.shop_id = row.id;
    ErrSlot e = {0};
    if (tz_load(arena, &e, row.timezone, &snap->tz))
        snap->tz = (Tz){0}; /* UTC */
    err = load_hours(l->service, c, snap, row.timezone);
    if (!err)
        err = load_sla(l->service, c, snap);
    if (!err)
        err = load_guard(l->service, c, snap);
    if (!err)
        err = load_scripts(l->service, c, snap);
    if (!err)
        err = load_facts(l->service, c, snap, row.name);
    if (err)
        destroy(snap);
    else
        l->snap = snap;
    return err;
}

/* With one reference for the caller; NULL: not in the cache, or no longer good. */
static ServiceSnapshot *cached(Service *s, int64_t shop_id)
{
    int64_t now = clock_steady_ns();
    pthread_mutex_lock(&s->lock);
    ServiceSnapshot *snap = map_get(&s->shops, shop_id);
    if (snap && now < snap->good_until_ns)
        snap->references++;
    else
        snap = NULL;
    pthread_mutex_unlock(&s->lock);
    return snap;
}

/* A transaction that began before a change still reads what held then, however late it gets here.
 * Right after a change nothing is kept (0), so that who reads after it reads it; for a while then
 * what is kept is believed for a moment only. On PostgreSQL other processes change settings too, so
 * nothing is believed for long. */
static int64_t good_until(const Service *s, int64_t now)
{
    if (now - s->forgotten_ns < PROVISIONAL_NS)
        return 0;
    if (now - s->forgotten_ns < UNSURE_NS)
        return now + PROVISIONAL_NS;
    return store_is_pg(s->store) ? now + OTHERS_NS : INT64_MAX;
}

/* One reference for the caller, and one for the cache if it is kept. */
static void enter(Service *s, ServiceSnapshot *snap)
{
    int64_t now = clock_steady_ns();
    ServiceSnapshot *old = NULL;
    pthread_mutex_lock(&s->lock);
    snap->references = 1;
    snap->good_until_ns = good_until(s, now);
    if (snap->good_until_ns) {
        old = map_get(&s->shops, snap->shop.shop_id);
        snap->references++;
        map_put(&s->shops, snap->shop.shop_id, snap);
    }
    bool last = old && --old->references == 0;
    pthread_mutex_unlock(&s->lock);
    if (last)
        destroy(old);
}

Err service_shop(Service *s, Ctx *c, const ServiceShop **ret)
{
    ASSERT(c->actor.shop_id);
    ServiceSnapshot *snap = cached(s, c->actor.shop_id);
    if (!snap) {
        Load l = {.service = s};
        Err err = c->tx ? load(c, &l) : store_read(s->store, c, load, &l);
        if (err)
            return err;
        snap = l.snap;
        enter(s, snap);
    }
    arena_defer(c->arena, drop, snap);
    *ret = &snap->shop;
    return ERR_OK;
}

void service_shop_forget(Service *s, int64_t shop_id)
{
    int64_t now = clock_steady_ns();
    pthread_mutex_lock(&s->lock);
    ServiceSnapshot *snap = map_remove(&s->shops, shop_id);
    s->forgotten_ns = now;
    bool last = snap && --snap->references == 0;
    pthread_mutex_unlock(&s->lock);
    if (last)
        destroy(snap);
}

DeskRules service_shop_rules(const ServiceShop *shop, const DeskChannel *ch)
{
    DeskRules r = shop->rules;
    if (ch->greeting_ms > 0)
        r.greeting_ms = ch->greeting_ms;
    if (ch->reply_ms > 0)
        r.reply_ms = ch->reply_ms;
    return r;
}
