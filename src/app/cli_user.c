/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_user.h"

#include "accounts/link.h"
#include "accounts/password.h"
#include "accounts/session.h"
#include "accounts/shop.h"
#include "accounts/totp.h"
#include "accounts/user.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "desk/desk.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    NODE = 1023, /* its ids never meet those of a server that runs beside it */
    ARENA_BYTES = 64 << 20,
    LINE_BYTES = 1024
};

typedef struct {
    const char *data, *database, *login, *email, *name, *nickname, *role, *url, *new_shop,
        *timezone;
    int64_t shop;
    bool help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "the data folder of the server", AT(data)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… instead of SQLite", AT(database)},
    {"login", OPT_TEXT, "NAME", NULL, 0, 0, "add: log-in name", AT(login)},
    {"email", OPT_TEXT, "ADDRESS", NULL, 0, 0, "add: e-mail address", AT(email)},
    {"name", OPT_TEXT, "NAME", NULL, 0, 0, "add: real name", AT(name)},
    {"nickname", OPT_TEXT, "NAME", NULL, 0, 0, "add: name that customers see", AT(nickname)},
    {"role", OPT_TEXT, "ROLE", "agent", 0, 0, "add: owner, supervisor, agent or trainer", AT(role)},
    {"shop", OPT_INT, "ID", "0", 0, INT64_MAX, "add: which shop (0: the only one)", AT(shop)},
    {"new-shop", OPT_TEXT, "NAME", NULL, 0, 0,
     "add: make another shop with its first channel; the person owns it", AT(new_shop)},
    {"timezone", OPT_TEXT, "ZONE", "Asia/Shanghai", 0, 0, "of the new shop", AT(timezone)},
    {"url", OPT_TEXT, "URL", "http://127.0.0.1:8080", 0, 0, "reset: address of the desk", AT(url)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct Cli Cli;
typedef struct {
    const char *name, *operand, *help;
    const char *instead; /* while the server holds the data folder */
    StoreRun find;       /* read transaction first; may be NULL */
    bool password;       /* ask for one between the two */
    StoreRun act;        /* write transaction; may be NULL */
    void (*show)(const Cli *cli);
} Command;

struct Cli {
    Options o;
    const Command *command;
    Arena *arena;
    IdSource ids;
    Log log;
    Store *store;
    const char *user; /* operand */
    AccountsProofRow who;
    Str hash;
    AccountsUser *users;
    size_t users_n;
    Str token;
    int64_t id, expires_at;
};

static Ctx context(Cli *cli)
{
    Ctx c;
    ctx_init(&c, cli->arena, &cli->ids, clock_wall_ms());
    c.actor = (Actor){.role = ROLE_SYSTEM, .name = STR("command line"), .address = STR("")};
    return c;
}

static int refused(const ErrSlot *e)
{
    fprintf(stderr, "zhixin user: %s%s%s (%s)\n", e->field ? e->field : "", e->field ? ": " : "",
            e->text, e->code ? e->code : "internal");
    return EXIT_REFUSED;
}

/* ---- the commands ---- */

static Err find_all(Ctx *c, void *arg)
{
    Cli *cli = arg;
    return accounts_user_list_installation(c, &cli->users, &cli->users_n);
}

static void show_all(const Cli *cli)
{
    printf("id\tshop\tlogin\temail\tname\trole\tactive\tsecond factor\n");
    for (size_t i = 0; i < cli->users_n; i++) {
        const AccountsUser *u = &cli->users[i];
        printf("%lld\t%lld\t%.*s\t%.*s\t%.*s\t%.*s\t%s\t%s\n", (long long)u->id,
               (long long)u->home_shop_id, STR_ARG(u->login), STR_ARG(u->email), STR_ARG(u->name),
               STR_ARG(u->role_name), u->active ? "yes" : "no", u->totp ? "on" : "off");
    }
}

static Err find_shop(Ctx *c, void *arg)
{
    Cli *cli = arg;
    AccountsShop *shops;
    size_t n;
    Err err = accounts_shop_list_all(c, &shops, &n);
    if (err)
        return err;
    if (!n)
        return ctx_err(c, ERR_CONFLICT, "setup.needed",
                       "there is no shop yet: start the server and open its page");
    if (cli->o.new_shop) {
        cli->who = (AccountsProofRow){.login = str_of(cli->o.login),
                                      .email = str_of(cli->o.email),
                                      .name = str_of(cli->o.name)};
        return ERR_OK;
    }
    if (!cli->o.shop && n > 1)
        return ctx_err(c, ERR_INVALID, "usage.value", "there are %zu shops: say --shop ID", n);
    bool found = !cli->o.shop;
    for (size_t i = 0; i < n; i++)
        found = found || shops[i].id == cli->o.shop;
    if (!found)
        return ctx_err(c, ERR_NOT_FOUND, "shop.unknown", "no such shop");
    cli->o.shop = cli->o.shop ? cli->o.shop : shops[0].id;
    cli->who = (AccountsProofRow){
        .login = str_of(cli->o.login), .email = str_of(cli->o.email), .name = str_of(cli->o.name)};
    return ERR_OK;
}

static Err add(Ctx *c, void *arg)
{
    Cli *cli = arg;
    Role role;
    if (!accounts_role_parse(str_of(cli->o.role), &role))
        return ctx_field(c, "role", "request.field_value",
                         "roles are owner, supervisor, agent and trainer");
    if (cli->o.new_shop) {
        int64_t channel;
        role = ROLE_OWNER;
        Err err = accounts_shop_create(c, str_of(cli->o.new_shop), str_of(cli->o.timezone),
                                       &c->actor.shop_id);
        if (!err)
            err = desk_channel_create_first(c, str_of(cli->o.new_shop), STR_NONE, &channel);
        if (err)
            return err;
    } else
        c->actor.shop_id = cli->o.shop;
    return accounts_user_create(c,
                                &(AccountsNewUser){.login = str_of(cli->o.login),
                                                   .email = str_of(cli->o.email),
                                                   .name = str_of(cli->o.name),
                                                   .nickname = str_of(cli->o.nickname),
                                                   .role = role,
                                                   .password_hash = cli->hash},
                                &cli->id);
}

static void show_added(const Cli *cli)
{
    printf("added, id %lld\n", (long long)cli->id);
}

static Err find_user(Ctx *c, void *arg)
{
    Cli *cli = arg;
    bool found;
    Err err = accounts_user_by_login(c, str_of(cli->user), &cli->who, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "user.unknown",
                      "nobody logs in as \"%s\"; see: zhixin user list", cli->user);
    return err;
}

static Err set_password(Ctx *c, void *arg)
{
    Cli *cli = arg;
    int64_t *ended;
    size_t n;
    c->actor.shop_id = cli->who.home_shop_id;
    Err err = accounts_user_set_password(c, cli->who.id, cli->hash);
    if (!err)
        err = accounts_session_end_all(c, cli->who.id, 0, &ended, &n);
    return err ? err : accounts_audit(c, "password.set", cli->who.id, STR_NONE);
}

static void show_password_set(const Cli *cli)
{
    printf("the password of %s is set; open sessions have ended\n", cli->user);
}

static Err reset(Ctx *c, void *arg)
{
    Cli *cli = arg;
    c->actor.shop_id = cli->who.home_shop_id;
    return accounts_reset_create(c, cli->who.id, &cli->token, &cli->expires_at);
}

static void show_link(const Cli *cli)
{
    Str until = clock_iso(cli->arena, cli->expires_at);
    printf("%s/reset/%.*s\n", cli->o.url, STR_ARG(cli->token));
    fprintf(stderr, "good once, until %.*s\n", STR_ARG(until));
}

static Err totp_reset(Ctx *c, void *arg)
{
    Cli *cli = arg;
    c->actor.shop_id = cli->who.home_shop_id;
    return accounts_totp_off(c, cli->who.id, "totp.reset");
}

static void show_totp_off(const Cli *cli)
{
    printf("the second factor of %s is off\n", cli->user);
}

static const Command COMMANDS[] = {
    {"list", NULL, "everybody, of all shops", "the desk's page /admin, or GET /api/users", find_all,
     false, NULL, show_all},
    {"add", NULL, "a new person, with --login or --email, and --name",
     "the desk's page /admin, or POST /api/users", find_shop, true, add, show_added},
    {"passwd", "USER", "set a password", "the desk's page /admin, or POST /api/users/ID/reset",
     find_user, true, set_password, show_password_set},
    {"reset", "USER", "print a link with which the person sets a new password",
     "the desk's page /admin, or POST /api/users/ID/reset", find_user, false, reset, show_link},
    {"totp-reset", "USER", "turn a lost second factor off",
     "the desk's page /admin, or POST /api/users/ID/totp-reset", find_user, false, totp_reset,
     show_totp_off},
};
enum { COMMANDS_N = sizeof COMMANDS / sizeof COMMANDS[0] };

static int usage(void)
{
    fprintf(stderr, "zhixin user COMMAND [USER] [options]\n");
    for (size_t i = 0; i < COMMANDS_N; i++)
        fprintf(stderr, "  %-10s %-6s %s\n", COMMANDS[i].name,
                COMMANDS[i].operand ? COMMANDS[i].operand : "", COMMANDS[i].help);
    opt_help(OPTIONS, OPTIONS_N);
    return EXIT_USAGE;
}

/* ---- passwords ---- */

static bool read_line(Arena *a, Str *ret)
{
    char line[LINE_BYTES];
    bool got = fgets(line, sizeof line, stdin) != NULL;
    size_t n = got ? strlen(line) : 0;
    /* a longer one would be cut without a word */
    got = got && (n < sizeof line - 1 || line[n - 1] == '\n');
    while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    if (got)
        *ret = str_dup(a, (Str){line, n});
    sodium_memzero(line, sizeof line);
    return got;
}

static bool ask_hidden(Arena *a, const char *prompt, Str *ret)
{
    struct termios was, quiet;
    if (tcgetattr(STDIN_FILENO, &was) != 0)
        return false;
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s: ", prompt);
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return false;
    bool got = read_line(a, ret);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
    fprintf(stderr, "\n");
    return got;
}

static Err ask_password(Ctx *c, Cli *cli)
{
    Str one = STR_NONE, two = STR_NONE;
    bool terminal = isatty(STDIN_FILENO) == 1;
    bool got = terminal ? ask_hidden(cli->arena, "New password", &one) &&
                              ask_hidden(cli->arena, "Once more", &two)
                        : read_line(cli->arena, &one);
    if (!got)
        return ctx_err(c, ERR_INVALID, "password.missing", "no password was given");
    if (terminal && !str_eq(one, two))
        return ctx_err(c, ERR_INVALID, "password.differs", "the two are not the same");
    Str words[] = {cli->who.login, cli->who.email, cli->who.name};
    Err err = accounts_password_check(c, "password", one, words, sizeof words / sizeof *words);
    return err ? err : accounts_password_hash(c, NULL, one, &cli->hash);
}

/* ---- running ---- */

static Err open_store(Cli *cli, ErrSlot *e)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/zhixin.db", cli->o.data);
    /* a mistyped folder must not become a new, empty database */
    if (!cli->o.database && (n < 0 || (size_t)n >= sizeof path || !file_exists(path)))
        return err_set(e, ERR_NOT_FOUND, "store.open", "there is no database in %s: say --data DIR",
                       cli->o.data);
    StoreConfig config = {.data_dir = cli->o.data,
                          .database_url = cli->o.database,
                          .lane_queue = 64,
                          .pg_connections = 1,
                          .node = NODE,
                          .log = &cli->log};
    Err err = store_open(&config, e, &cli->store);
    if (err && e->code && strcmp(e->code, "store.locked") == 0)
        return err_set(e, ERR_CONFLICT, "store.locked",
                       "a running server uses %s. Use %s, or stop the server first", cli->o.data,
                       cli->command->instead);
    return err;
}

static Err work(Ctx *c, Cli *cli)
{
    const Command *command = cli->command;
    Err err = command->find ? store_read(cli->store, c, command->find, cli) : ERR_OK;
    if (!err && command->password)
        err = ask_password(c, cli);
    if (!err && command->act)
        err = store_write(cli->store, c, STORE_CHAT, command->act, cli);
    return err;
}

static int run(Cli *cli)
{
    Ctx c = context(cli);
    Err err = open_store(cli, &c.err);
    if (err)
        return refused(&c.err);
    err = work(&c, cli);
    if (!err)
        cli->command->show(cli);
    store_close(cli->store);
    return err ? refused(&c.err) : EXIT_DONE;
}

static const Command *command_of(char **words, int n)
{
    for (size_t i = 0; n > 0 && i < COMMANDS_N; i++) {
        if (strcmp(words[0], COMMANDS[i].name) == 0 && n == (COMMANDS[i].operand ? 2 : 1))
            return &COMMANDS[i];
    }
    return NULL;
}

int cli_user(int argc, char **argv)
{
    Cli cli = {.arena = arena_create(ARENA_BYTES), .log = {.level = LOG_ERROR}};
    ErrSlot e = {0};
    char **words;
    int n, code;
    id_source_init(&cli.ids, NODE);
    Err err = opt_parse(cli.arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &cli.o, &words, &n);
    if (err) {
        fprintf(stderr, "zhixin user: %s\n", e.text);
        code = EXIT_USAGE;
    } else if (cli.o.help || !(cli.command = command_of(words, n))) {
        code = usage();
    } else if (sodium_init() < 0) {
        fprintf(stderr, "zhixin user: libsodium does not start\n");
        code = EXIT_REFUSED;
    } else {
        cli.user = n > 1 ? words[1] : NULL;
        code = run(&cli);
    }
    arena_destroy(cli.arena);
    return code;
}
