/* SPDX-License-Identifier: Apache-2.0 */
#include "service/upload.h"

#include "base/file.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <unistd.h>

static const struct {
    FileKind kind;
    const char *type;
} TYPES[] = {{FILE_PNG, "image/png"},   {FILE_JPEG, "image/jpeg"},     {FILE_GIF, "image/gif"},
             {FILE_WEBP, "image/webp"}, {FILE_PDF, "application/pdf"}, {FILE_PLAIN, "text/plain"}};

const char *upload_type(size_t i)
{
    return i < sizeof TYPES / sizeof *TYPES ? TYPES[i].type : NULL;
}

static const char *type_of(FileKind kind)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (TYPES[i].kind == kind)
            return TYPES[i].type;
    return NULL;
}

/* Folders stay small, and neighbours in time do not share one. */
static unsigned folder_of(int64_t id)
{
    uint64_t h = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);
    return (unsigned)(h >> 56);
}

Str upload_path(Arena *a, const char *data_dir, int64_t id)
{
    return str_fmt(a, "%s/uploads/%02x/%lld", data_dir, folder_of(id), (long long)id);
}

/* ---- names ---- */

/* Marks that turn the reading direction make "gpj.exe" look like "exe.jpg". */
static bool drops(uint32_t cp)
{
    return cp < 0x20 || cp == 0x7f || (cp >= 0x80 && cp < 0xa0) || cp == '/' || cp == '\\' ||
           cp == ':' || cp == '"' || cp == '<' || cp == '>' || cp == '|' || cp == '?' ||
           cp == '*' || cp == 0x200e || cp == 0x200f || (cp >= 0x202a && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff || cp == 0xfffd;
}

static Str clean_name(Arena *a, Str name)
{
    char *p = arena_alloc(a, name.n + 1);
    size_t at = 0, n = 0, chars = 0;
    while (at < name.n && chars < UPLOAD_NAME_CHARS) {
        uint32_t cp = utf8_next(name, &at);
        if (drops(cp) || (cp == '.' && n == 0))
            continue;
        n += utf8_put(cp, p + n);
        chars++;
    }
    Str s = str_trim((Str){p, n});
    return s.n ? s : STR("file");
}

/* ---- what it is ---- */

static bool said(Str declared, const char *type)
{
    Str rest = declared, head = str_trim(str_cut(&rest, ';'));
    return str_is(head, type);
}

static bool agrees(Str declared, FileKind kind)
{
    if (!declared.n || said(declared, "application/octet-stream") || said(declared, type_of(kind)))
        return true;
    return (kind == FILE_JPEG && said(declared, "image/jpg")) ||
           (kind == FILE_PLAIN && said(declared, "text/csv"));
}

static Err judge(Ctx *c, const ServiceUpload *u, FileKind *ret)
{
    if (!u->bytes.n)
        return ctx_err(c, ERR_INVALID, "file.empty", "the file is empty");
    if (u->bytes.n > UPLOAD_MAX_BYTES)
        return ctx_err(c, ERR_TOO_LARGE, "file.too_large", "a file has at most %d MiB",
                       UPLOAD_MAX_BYTES >> 20);
    *ret = file_sniff(u->bytes);
    if (*ret == FILE_UNKNOWN)
        return ctx_err(c, ERR_INVALID, "file.type",
                       "pictures (PNG, JPEG, GIF, WebP), PDF and plain UTF-8 text are taken");
    if (!agrees(u->declared, *ret))
        return ctx_err(c, ERR_INVALID, "file.type_mismatch",
                       "Content-Type says something else than the bytes, which are %s",
                       type_of(*ret));
    return ERR_OK;
}

/* ---- the disk ---- */

/* The name in the folder must outlive a power cut as the bytes do. */
static void sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static Err write_bytes(Ctx *c, const char *data_dir, int64_t id, Str bytes)
{
    const char *folder =
        str_fmt(c->arena, "%s/uploads/%02x", data_dir, folder_of(id)).p; /* NUL-terminated */
    Err err = file_mkdirs(&c->err, folder, 0700);
    if (!err)
        err = file_write(&c->err, upload_path(c->arena, data_dir, id).p, bytes, 0600);
    if (!err)
        sync_folder(folder);
    return err;
}

static Err look_at_quota(Ctx *c, void *arg)
{
    const ServiceUpload *u = arg;
    return desk_file_quota(c, (int64_t)u->bytes.n);
}

Err service_upload_prepare(Store *s, Ctx *c, ServiceUpload *u)
{
    FileKind kind = FILE_UNKNOWN;
    ImageClean clean = {.bytes = u->bytes};
    Err err = judge(c, u, &kind);
    if (!err)
        err = store_read(s, c, look_at_quota, u);
    if (!err && kind != FILE_PDF && kind != FILE_PLAIN)
        err = image_clean(c->arena, &c->err, kind, u->bytes, &clean);
    if (err)
        return err;
    u->file = (DeskFile){.id = ctx_id(c),
                         .name = clean_name(c->arena, u->name),
                         .type = str_of(type_of(kind)),
                         .bytes = (int64_t)clean.bytes.n,
                         .width = clean.width,
                         .height = clean.height};
    return write_bytes(c, u->data_dir, u->file.id, clean.bytes);
}

Err service_upload(Ctx *c, const ServiceUpload *u, DeskFile *ret)
{
    DeskFile f = u->file;
    Err err = desk_file_create(c, &f);
    if (!err)
        *ret = f;
    return err;
}
