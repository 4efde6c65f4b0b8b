/* SPDX-License-Identifier: Apache-2.0 */
/* What a frame says and whether its sender may: without a socket, so that tests can run it too. */
#include "api/internal.h"

#include <string.h>

enum { CLIENT_ID_MAX = 64 };

static const FrameKind *find_kind(bool staff, Str type)
{
    size_t n;
    const FrameKind *list = staff ? frames_staff(&n) : frames_visitor(&n);
    for (size_t i = 0; i < n; i++)
        if (str_is(type, list[i].type))
            return &list[i];
    return NULL;
}

static Err check_rights(FrameCall *f)
{
    Ctx *c = f->c;
    if (!f->staff)
        return ERR_OK;
    if (c->actor.role < f->kind->role)
        return ctx_err(c, ERR_DENIED, "auth.role", "your role may not do this");
    if (f->kind->scope && !(c->actor.scopes & f->kind->scope))
        return ctx_err(c, ERR_DENIED, "auth.scope", "this API key lacks the scope for it");
    return ERR_OK;
}

Err frame_understand(FrameCall *f)
{
    Ctx *c = f->c;
    Err err = json_parse(c->arena, &c->err, f->text, &f->json);
    if (!err && !json_is_object(f->json))
        err = ctx_err(c, ERR_INVALID, "json.object", "a frame is one JSON object");
    if (err) {
        f->close_code = 4400;
        return err;
    }
    f->client_id = json_str(f->json, "client_id");
    if (f->client_id.n > CLIENT_ID_MAX)
        f->client_id = STR_NONE;
    f->kind = find_kind(f->staff, json_str(f->json, "type"));
    if (!f->kind)
        return ctx_field(c, "type", "frame.unknown_type",
                         "this socket knows no frame of that type");
    bool hello = strcmp(f->kind->type, "hello") == 0;
    if (!f->ready && !hello) {
        f->close_code = 4401;
        return ctx_err(c, ERR_AUTH, "frame.hello_first", "the first frame is hello");
    }
    if (f->ready && hello)
        return ctx_err(c, ERR_CONFLICT, "frame.hello_again", "hello was said already");
    return check_rights(f);
}

Err frame_prepare(FrameCall *f)
{
    return f->kind->prepare ? f->kind->prepare(f) : ERR_OK;
}

Err frame_run(FrameCall *f)
{
    f->out.n = 0;
    jw_init(&f->w, &f->out);
    return f->kind->run(f);
}
