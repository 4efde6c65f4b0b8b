/* SPDX-License-Identifier: Apache-2.0 */
/* Wake-ups from other threads (and later other nodes): only numbers travel, the rest is read. */
#include "api/internal.h"

#include <stdlib.h>

typedef struct {
    int kind;
    int64_t id, seq, shop_id, customer_id, assignee_id, assignee_before, channel_id;
    bool has_data, is_new, by_visitor, visible, late;
} Note;
typedef struct {
    Api *api;
    size_t n;
    Note notes[];
} Notes;

static Err read_notes(Ctx *c, void *arg)
{
    const Notes *list = arg;
    ctx_wakes_drop(c);
    for (size_t i = 0; i < list->n; i++) {
        const Note *n = &list->notes[i];
        c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = n->shop_id};
        DeskPush *p = NULL;
        if (n->has_data) {
            p = ARENA_NEW(c->arena, DeskPush);
            *p = (DeskPush){.shop_id = n->shop_id,
                            .customer_id = n->customer_id,
                            .assignee_id = n->assignee_id,
                            .assignee_before = n->assignee_before,
                            .is_new = n->is_new,
                            .by_visitor = n->by_visitor,
                            .visible_to_visitor = n->visible,
                            .late = n->late};
            Err err = desk_conversation_get(c, n->id, &p->conv);
            if (err == ERR_NOT_FOUND) {
                err_clear(&c->err);
                continue;
            }
            if (err)
                return err;
        }
        ctx_wake(c, n->kind, n->id, n->seq, p);
    }
    return ERR_OK;
}

static void work_notes(ApiJob *j)
{
    job_done(j, job_read(j, read_notes, j->data));
}

static void finish_notes(ApiJob *j)
{
    if (!j->err)
        publish_wakes(j->api, &j->ctx, NULL);
    else
        log_line(j->api->config.log, LOG_WARN, "wake-ups lost", "code",
                 str_of(j->ctx.err.code ? j->ctx.err.code : "?"), NULL);
}

static void notes_arrived(void *arg)
{
    Notes *list = arg;
    ApiJob *j = job_new(list->api);
    j->data = arena_dup(j->arena, list, sizeof *list + list->n * sizeof list->notes[0]);
    j->work = work_notes;
    j->finish = finish_notes;
    if (list->n)
        j->ctx.actor.shop_id = list->notes[0].shop_id;
    free(list);
    if (!job_start_own(j))
        job_free(j);
}

void api_publish(Ctx *c, void *api)
{
    Api *a = api;
    size_t n = 0;
    for (const CtxWake *w = c->wakes; w; w = w->next)
        n++;
    if (!n)
        return;
    Notes *list = calloc(1, sizeof *list + n * sizeof list->notes[0]);
    if (!list)
        abort();
    list->api = a;
    for (const CtxWake *w = c->wakes; w; w = w->next) {
        if (w->kind == SERVICE_WAKE_SUGGEST)
            continue;
        const DeskPush *p = w->data;
        list->notes[list->n++] = (Note){.kind = w->kind,
                                        .id = w->id,
                                        .seq = w->seq,
                                        .shop_id = p ? p->shop_id : c->actor.shop_id,
                                        .customer_id = p ? p->conv.customer_id : 0,
                                        .assignee_id = p ? p->assignee_id : 0,
                                        .assignee_before = p ? p->assignee_before : 0,
                                        .has_data = p != NULL,
                                        .is_new = p && p->is_new,
                                        .by_visitor = p && p->by_visitor,
                                        .visible = p && p->visible_to_visitor,
                                        .late = p && p->late};
    }
    net_post(a->net, notes_arrived, list);
}
