/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups with PostgreSQL's own pg_dump and pg_restore, found on PATH and started without a shell.
 * Everything about the connection travels in the environment, nothing in the arguments: arguments
 * are for every user of the machine to read, passwords must not be there.
 */
#include "base/file.h"
#include "store/pg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { SAID_MAX = 4096 };

typedef struct {
    char **vars; /* owned, with its strings; ends with NULL */
    size_t n;
} Environment;

static void env_finish(Environment *env)
{
    for (size_t i = 0; i < env->n; i++)
        free(env->vars[i]);
    free(env->vars);
}

static char *env_var(const char *name, const char *value)
{
    size_t n = strlen(name) + strlen(value) + 2;
    char *var = store_alloc(n);
    snprintf(var, n, "%s=%s", name, value);
    return var;
}

static bool names(const char *var, const char *name)
{
    size_t n = strlen(name);
    return strncmp(var, name, n) == 0 && var[n] == '=';
}

static void env_set(Environment *env, const char *name, const char *value)
{
    size_t at = 0;
    while (at < env->n && !names(env->vars[at], name))
        at++;
    if (at == env->n)
        env->n++;
    else
        free(env->vars[at]);
    env->vars[at] = env_var(name, value);
}

/* Our environment and, over it, what the URL says (PGHOST, PGPASSWORD, PGSSLMODE, …). */
static Err env_init(Environment *env, const char *url, ErrSlot *e)
{
    char *said = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &said);
    if (!options) {
        PQfreemem(said);
        /* what libpq says may quote the URL, and the URL may hold the password */
        return err_set(e, ERR_INVALID, "store.open", "the database URL is not understood");
    }
    size_t most = 2; /* PGCONNECT_TIMEOUT and the end */
    for (char **v = environ; *v; v++)
        most++;
    for (PQconninfoOption *o = options; o->keyword; o++)
        most++;
    env->vars = store_alloc(most * sizeof *env->vars);
    for (char **v = environ; *v; v++)
        env->vars[env->n++] = store_strdup(*v);
    env_set(env, "PGCONNECT_TIMEOUT", "10");
    for (PQconninfoOption *o = options; o->keyword; o++)
        if (o->val && o->envvar)
            env_set(env, o->envvar, o->val);
    PQconninfoFree(options);
    return ERR_OK;
}

static Err start(char *const *argv, char **vars, int err_fd, ErrSlot *e, pid_t *ret)
{
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, err_fd, STDERR_FILENO);
    posix_spawnattr_t attr;
    posix_spawnattr_init(&attr);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    int rc = posix_spawnp(ret, argv[0], &files, &attr, argv, vars);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    if (rc == ENOENT)
        return err_set(e, ERR_STORAGE, "store.backup",
                       "%s is not on PATH: install the client of the server's version", argv[0]);
    return rc ? err_set(e, ERR_STORAGE, "store.backup", "%s: %s", argv[0], strerror(rc)) : ERR_OK;
}

/* Reads what it says to its end, keeps the last line. */
static void listen_to(int fd, char *line, size_t size)
{
    char said[SAID_MAX + 1];
    size_t n = 0;
    for (;;) {
        if (n == SAID_MAX) {
            memmove(said, said + SAID_MAX / 2, SAID_MAX / 2);
            n = SAID_MAX / 2;
        }
        ssize_t got = read(fd, said + n, SAID_MAX - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    while (n && (said[n - 1] == '\n' || said[n - 1] == '\0'))
        n--;
    said[n] = '\0';
    const char *last = strrchr(said, '\n');
    snprintf(line, size, "%.*s", (int)size - 1, last ? last + 1 : said);
}

static Err run(char *const *argv, char **vars, ErrSlot *e)
{
    int fds[2];
    if (pipe(fds) != 0)
        return err_set(e, ERR_INTERNAL, "store.backup", "pipe: %s", strerror(errno));
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    pid_t pid = 0;
    Err err = start(argv, vars, fds[1], e, &pid);
    close(fds[1]);
    char line[160] = "";
    if (!err)
        listen_to(fds[0], line, sizeof line);
    close(fds[0]);
    if (err)
        return err;
    int status = 0;
    pid_t got;
    do
        got = waitpid(pid, &status, 0);
    while (got < 0 && errno == EINTR);
    if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ERR_OK;
    if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 127 && !*line)
        return err_set(e, ERR_STORAGE, "store.backup", "%s could not be started", argv[0]);
    return err_set(e, ERR_STORAGE, "store.backup", "%s: %s", argv[0],
                   *line ? line : "it was stopped");
}

static Err sync_file(const char *path, ErrSlot *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int no = errno;
    if (fd >= 0)
        close(fd);
    return ok ? ERR_OK : err_set(e, ERR_STORAGE, "store.backup", "%s: %s", path, strerror(no));
}

Err store_pg_dump(Store *s, const char *to_path, ErrSlot *e)
{
    char part[4100];
    if (snprintf(part, sizeof part, "%s.part", to_path) >= (int)sizeof part)
        return err_set(e, ERR_INVALID, "store.backup", "the path is too long");
    /* made before pg_dump opens it, so that nobody else can read it at any moment */
    Err err = file_write(e, part, STR_NONE, 0600);
    if (err)
        return err;
    char file_arg[4200];
    snprintf(file_arg, sizeof file_arg, "--file=%s", part);
    char program[] = "pg_dump", format[] = "--format=custom", owner[] = "--no-owner";
    char locks[] = "--lock-wait-timeout=60000", password[] = "--no-password";
    char *argv[] = {program, format, owner, locks, password, file_arg, NULL};
    Environment env = {0};
    err = env_init(&env, s->config.database_url, e);
    if (!err)
        err = run(argv, env.vars, e);
    env_finish(&env);
    if (!err)
        err = sync_file(part, e);
    if (!err && rename(part, to_path) != 0)
        err = err_set(e, ERR_STORAGE, "store.backup", "%s: %s", to_path, strerror(errno));
    if (err)
        unlink(part);
    return err;
}

Err store_pg_load(const Store *s, const char *from_path, ErrSlot *e)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s", from_path) >= (int)sizeof path)
        return err_set(e, ERR_INVALID, "store.backup", "the path is too long");
    /* an empty --dbname: which database is in the environment, with all the rest */
    char program[] = "pg_restore", database[] = "--dbname=", owner[] = "--no-owner", end[] = "--";
    char whole[] = "--single-transaction", stop[] = "--exit-on-error", password[] = "--no-password";
    char *argv[] = {program, database, owner, whole, stop, password, end, path, NULL};
    Environment env = {0};
    Err err = env_init(&env, s->config.database_url, e);
    if (!err)
        err = run(argv, env.vars, e);
    env_finish(&env);
    return err;
}
