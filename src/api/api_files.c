/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads, and the private links to them. */
#include "api/help.h"

#include "base/codec.h"
#include "service/upload.h"

static Err upload_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    const NetRequest *r = call->request;
    ServiceUpload *u = ARENA_NEW(c->arena, ServiceUpload);
    Str name = STR_NONE;
    call->work = u;
    if (!codec_percent_decode(c->arena, net_header(r, "x-file-name"), false, &name))
        return ctx_err(c, ERR_INVALID, "file.name", "X-File-Name is percent-encoded UTF-8");
    *u = (ServiceUpload){.data_dir = api_data_dir(call->api),
                         .name = name,
                         .declared = net_header(r, "content-type"),
                         .bytes = r->body};
    return service_upload_prepare(api_store(call->api), c, u);
}

static Err upload(ApiCall *call)
{
    DeskFile f;
    Err err = service_upload(call->c, call->work, &f);
    if (err)
        return err;
    call->status = 201;
    jw_obj(&call->w);
    jw_kraw(&call->w, "file", desk_file_json(call->c->arena, &f));
    jw_obj_end(&call->w);
    return ERR_OK;
}

/* Pictures are shown, the rest is saved. The link's key is the proof, so it may be kept by the
 * browser for long, and by nobody in between. */
static Err file(ApiCall *call)
{
    Ctx *c = call->c;
    DeskFile f;
    Err err = desk_file_by_key(c, call->id[0], api_query(call, "k"), &f);
    if (err)
        return err;
    bool image = str_starts(f.type, STR("image/"));
    call->file_path = upload_path(c->arena, api_data_dir(call->api), f.id);
    call->content_type = str_is(f.type, "text/plain") ? STR("text/plain; charset=utf-8") : f.type;
    call->headers =
        str_fmt(c->arena,
                "Content-Disposition: %s; filename*=UTF-8''%.*s\r\n"
                "Cache-Control: private, max-age=31536000, immutable\r\n",
                image ? "inline" : "attachment", STR_ARG(codec_percent(c->arena, f.name)));
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_POST, "/api/widget/uploads", API_VISITOR, 0, API_TX_WRITE, UPLOAD_MAX_BYTES,
     .raw_body = true, .slow = true, .prepare = upload_prepare, .run = upload,
     .summary = "Upload a file to go with a message (visitors)", .gives = "FileAnswer"},
    {NET_POST, "/api/uploads", API_AGENT, SCOPE_CHAT, API_TX_WRITE, UPLOAD_MAX_BYTES,
     .raw_body = true, .slow = true, .prepare = upload_prepare, .run = upload,
     .summary = "Upload a file to go with a message", .gives = "FileAnswer"},
    {NET_GET, "/api/files/{id}", API_ANYONE, 0, API_TX_READ, 0, .run = file,
     .summary = "A file by its private link", .gives = "file", .query = "k"},
};
const ApiRoutes API_ROUTES_FILES = {ROWS, sizeof ROWS / sizeof ROWS[0]};
