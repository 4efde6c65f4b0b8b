/* SPDX-License-Identifier: Apache-2.0 */
/* The shop that `serve --demo` shows. */
#include "accounts/internal.h"

static const struct {
    const char *login, *name, *nickname, *number;
    Role role;
    const char *skills;
} PEOPLE[] = {
    {"laoban", "陈老板", "掌柜", "001", ROLE_OWNER, "[]"},
    {"zhuguan", "周主管", "周周", "002", ROLE_SUPERVISOR, "[\"售后\",\"投诉\"]"},
    {"xiaoyu", "林小雨", "小雨", "003", ROLE_AGENT, "[\"售前\"]"},
    {"xiaolin", "王小林", "小林", "004", ROLE_AGENT, "[\"售后\"]"},
};
enum { PEOPLE_N = sizeof PEOPLE / sizeof *PEOPLE };

static void act_as_program(Ctx *c, int64_t shop_id)
{
    c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = shop_id, .address = c->actor.address};
}

Err accounts_demo(Ctx *c)
{
    AccountsProofRow owner;
    bool found;
    int64_t id;
    Str hash;
    Err err = accounts_user_by_login(c, STR("laoban"), &owner, &found);
    if (err)
        return err;
    act_as_program(c, found ? owner.home_shop_id : 0);
    if (found)
        return ERR_OK;
    /* known passwords have no place beside real customers: only a fresh installation */
    err = accounts_setup_claim(c);
    if (!err)
        err = accounts_shop_create(c, STR("知心演示店"), STR("Asia/Shanghai"), &c->actor.shop_id);
    if (!err)
        err = accounts_password_hash(c, NULL, STR("zhixin-demo"), &hash);
    for (size_t i = 0; !err && i < PEOPLE_N; i++)
        err = accounts_user_create(c,
                                   &(AccountsNewUser){.login = str_of(PEOPLE[i].login),
                                                      .name = str_of(PEOPLE[i].name),
                                                      .nickname = str_of(PEOPLE[i].nickname),
                                                      .number = str_of(PEOPLE[i].number),
                                                      .role = PEOPLE[i].role,
                                                      .skills = str_of(PEOPLE[i].skills),
                                                      .password_hash = hash},
                                   &id);
    return err;
}
