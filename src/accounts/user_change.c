/* SPDX-License-Identifier: Apache-2.0 */
/* Changing people: checks of the fields, and who may change what of whom. */
#include "accounts/internal.h"

#include "base/json.h"
#include "sql/user.h"

enum { MAX_CAPACITY = 100, MAX_CHANNELS = 20, MAX_SKILLS = 30, SKILL_CHARS = 30 };

/* A JSON array of words; given back in compact form. */
static Err check_skills(Ctx *c, Str *skills)
{
    const Json *list;
    ErrSlot why = {0};
    if (skills->n > 4096 || json_parse(c->arena, &why, *skills, &list) || !json_is_array(list))
        return ctx_field(c, "skills", "request.field_value", "skills are a list of words");
    if (json_count(list) > MAX_SKILLS)
        return ctx_field(c, "skills", "request.field_length", "at most %d skills", MAX_SKILLS);
    for (const Json *s = json_first(list); s; s = json_next(s)) {
        if (!json_is_string(s))
            return ctx_field(c, "skills", "request.field_value", "skills are a list of words");
        Err err = accounts_check_text(c, "skills", json_value_str(s), 1, SKILL_CHARS);
        if (err)
            return err;
    }
    *skills = json_print(c->arena, list);
    return ERR_OK;
}

Err accounts_user_check(Ctx *c, const AccountsUserFields *f)
{
    if (f->login.n && !accounts_login_ok(f->login))
        return ctx_field(c, "login", "request.field_value",
                         "2 to 64 letters, digits, dots, hyphens or underscores");
    if (f->email.n && !accounts_email_ok(f->email))
        return ctx_field(c, "email", "request.field_value", "this is not an e-mail address");
    Err err = accounts_check_text(c, "name", f->name, 1, 60);
    if (!err)
        err = accounts_check_text(c, "nickname", f->nickname, 1, 30);
    if (!err)
        err = accounts_check_text(c, "number", f->number, 0, 20);
    if (!err && (f->capacity < 1 || f->capacity > MAX_CAPACITY))
        err = ctx_field(c, "capacity", "request.field_value", "1 to %d", MAX_CAPACITY);
    if (!err && (f->max_channels < 1 || f->max_channels > MAX_CHANNELS))
        err = ctx_field(c, "max_channels", "request.field_value", "1 to %d", MAX_CHANNELS);
    return err ? err : check_skills(c, f->skills);
}

void accounts_user_change_none(AccountsUserChange *ch)
{
    *ch = (AccountsUserChange){.active = -1};
}

static bool touches_person(const AccountsUserChange *ch)
{
    return ch->login.p || ch->email.p || ch->name.p || ch->nickname.p || ch->number.p ||
           ch->skills.p || ch->capacity || ch->max_channels;
}

static bool owners_only(const AccountsUserChange *ch)
{
    return ch->login.p || ch->email.p || ch->name.p || ch->role != ROLE_NONE || ch->active >= 0;
}

static Str pick(Str change, Str now)
{
    return change.p ? str_trim(change) : now;
}

static Err update_person(Ctx *c, const AccountsUser *u, const AccountsUserChange *ch)
{
    AccountsUserFields f = {.login = ch->login.p ? accounts_lower(c, ch->login) : u->login,
                            .email = ch->email.p ? accounts_lower(c, ch->email) : u->email,
                            .name = pick(ch->name, u->name),
                            .nickname = pick(ch->nickname, u->nickname),
                            .number = pick(ch->number, u->number),
                            .capacity = ch->capacity ? ch->capacity : u->capacity,
                            .max_channels = ch->max_channels ? ch->max_channels : u->max_channels};
    Str skills = pick(ch->skills, u->skills);
    f.skills = &skills;
    if ((ch->login.p && !f.login.n) || (ch->email.p && !f.email.n))
        return ctx_field(c, ch->login.p && !f.login.n ? "login" : "email", "request.field_value",
                         "it can be changed, not taken away");
    int64_t rows = 1;
    Err err = accounts_user_check(c, &f);
    if (!err && (ch->login.p || ch->email.p))
        err = store_exec(c, &USER_UPDATE_LOGIN,
                         BINDS(i64(u->id), i64(shop_of(c)), text_or_null(f.login),
                               text_or_null(f.email), i64(c->now_ms)),
                         &rows);
    if (!err && !rows)
        err = ctx_err(c, ERR_CONFLICT, "user.taken", "this log-in name or e-mail is in use");
    return err ? err
               : store_exec(c, &USER_UPDATE,
                            BINDS(i64(u->id), i64(shop_of(c)), text(f.name), text(f.nickname),
                                  text(f.number.p ? f.number : STR("")), i64(f.capacity),
                                  i64(f.max_channels), text(skills), i64(c->now_ms)),
                            NULL);
}

/* Role and activity. Less power than before ends their sessions here, so that no socket goes on
 * with the old role. */
static Err update_member(Ctx *c, const AccountsUser *u, const AccountsUserChange *ch,
                         int64_t **ret_sessions, size_t *ret_n)
{
    Role role = ch->role != ROLE_NONE ? ch->role : u->role;
    bool active = ch->active >= 0 ? ch->active != 0 : u->active;
    int64_t owners;
    Err err = store_exec(
        c, &USER_MEMBER_UPDATE,
        BINDS(i64(u->id), i64(shop_of(c)), text(str_of(accounts_role_name(role))), i64(active)),
        NULL);
    if (!err)
        err = accounts_shop_owners(c, &owners);
    if (!err && !owners)
        err = ctx_err(c, ERR_CONFLICT, "user.last_owner",
                      "a shop keeps an active owner: name another one first");
    if (!err && u->home_shop_id == shop_of(c) && active != u->active)
        err = store_exec(c, &USER_MIRROR_ACTIVE,
                         BINDS(i64(u->id), i64(shop_of(c)), i64(active), i64(c->now_ms)), NULL);
    if (err || (active && role >= u->role))
        return err;
    return accounts_session_end_in_shop(c, u->id, shop_of(c), ret_sessions, ret_n);
}

/* Which fields were sent, without their values: names and addresses are not for the log. */
static Str detail_of(Ctx *c, const AccountsUserChange *ch)
{
    const struct {
        const char *name;
        bool given;
    } ALL[] = {{"login", ch->login.p},
               {"email", ch->email.p},
               {"name", ch->name.p},
               {"nickname", ch->nickname.p},
               {"number", ch->number.p},
               {"skills", ch->skills.p},
               {"capacity", ch->capacity != 0},
               {"max_channels", ch->max_channels != 0}};
    Buf b;
    buf_init(&b, c->arena, 512);
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) {
        if (ALL[i].given)
            buf_fmt(&b, "%s%s", b.n ? " " : "", ALL[i].name);
    }
    Str role = ch->role != ROLE_NONE ? str_of(accounts_role_name(ch->role)) : STR("");
    Str active = ch->active < 0 ? STR("") : ch->active ? STR("yes") : STR("no");
    return accounts_detail(c, "fields", buf_str(&b), "role", role, "active", active, NULL);
}

static Err may_change(Ctx *c, const AccountsUser *u, const AccountsUserChange *ch)
{
    if (ch->role != ROLE_NONE && !accounts_role_name(ch->role)[0])
        return ctx_field(c, "role", "request.field_value",
                         "roles are owner, supervisor, agent and trainer");
    if (c->actor.role < ROLE_OWNER && owners_only(ch))
        return ctx_err(c, ERR_DENIED, "user.role_denied", "only an owner may change that");
    if (touches_person(ch) && u->home_shop_id != shop_of(c))
        return ctx_err(c, ERR_DENIED, "user.other_home",
                       "only the shop where this person is at home may do that");
    return ERR_OK;
}

Err accounts_user_update(Ctx *c, int64_t id, const AccountsUserChange *ch, int64_t **ret_sessions,
                         size_t *ret_sessions_n)
{
    *ret_sessions = NULL;
    *ret_sessions_n = 0;
    bool member = ch->role != ROLE_NONE || ch->active >= 0;
    AccountsUser u;
    Err err = accounts_need_role(c, ROLE_SUPERVISOR);
    /* before reading: what is judged below must still hold when it is written */
    if (!err && member && c->actor.role >= ROLE_OWNER)
        err = accounts_shop_lock_owners(c);
    if (!err)
        err = accounts_user_get(c, id, &u);
    if (!err)
        err = may_change(c, &u, ch);
    if (!err && touches_person(ch))
        err = update_person(c, &u, ch);
    if (!err && member)
        err = update_member(c, &u, ch, ret_sessions, ret_sessions_n);
    if (err || (!member && !touches_person(ch)))
        return err;
    return accounts_audit(c, "user.changed", id, detail_of(c, ch));
}

Err accounts_user_update_self(Ctx *c, Str name, Str nickname)
{
    AccountsUser u;
    Err err = accounts_user_get(c, c->actor.user_id, &u);
    if (err)
        return err;
    u.name = pick(name, u.name);
    u.nickname = pick(nickname, u.nickname);
    err = accounts_check_text(c, "name", u.name, 1, 60);
    if (!err)
        err = accounts_check_text(c, "nickname", u.nickname, 1, 30);
    if (!err)
        err = store_exec(c, &USER_UPDATE_SELF,
                         BINDS(i64(u.id), text(u.name), text(u.nickname), i64(c->now_ms)), NULL);
    return err ? err : accounts_audit(c, "user.changed_self", u.id, STR_NONE);
}
