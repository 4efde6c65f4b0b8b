// SPDX-License-Identifier: Apache-2.0
// Shapes of docs/protocol.md §2, §4, §5, as the workbench reads them. contract.ts compares them with
// generated.ts, which is made of what the server gives.

export type Id = string;
export type Ms = number;
export type Role = 'customer' | 'agent' | 'robot' | 'system';
export type MessageKind = 'text' | 'image' | 'file' | 'card' | 'note';
export type Emotion = 'calm' | 'pleased' | 'anxious' | 'disappointed' | 'angry';
export type Stage = 'pre' | 'in' | 'after';
export type Status = 'queued' | 'open' | 'waiting' | 'snoozed' | 'closed';
export type AgentStatus = 'online' | 'busy' | 'break' | 'wrapup' | 'offline';
export type UserRole = 'owner' | 'supervisor' | 'agent' | 'trainer';
export type View = 'mine' | 'queue' | 'all' | 'closed';

export interface Named {
    id: Id;
    name: string;
}
export interface FileRef {
    id: Id;
    name: string;
    type: string;
    bytes: number;
    width?: number;
    height?: number;
    url: string;
}
export interface Card {
    title: string;
    subtitle?: string;
    price?: string;
    image?: string;
    url?: string;
}
export interface Evidence {
    label: string;
    start: number;
    end: number;
    text: string;
    why: string;
}
export interface Understanding {
    emotion: Emotion;
    intensity: number;
    intents: { code: string; p: number }[];
    stage: Stage;
    evidence: Evidence[];
    model: string;
    saw_seq: number;
}
export interface Message {
    conversation: Id;
    seq: number;
    role: Role;
    kind: MessageKind;
    text: string;
    file?: FileRef;
    card?: Card;
    sender?: Named;
    client_id?: string;
    at: Ms;
    recalled?: boolean;
    original?: string;
    understanding?: Understanding;
    /** What people say it means; holds in place of the machine's reading. */
    corrected?: Corrected | null;
}
export interface Labels {
    emotion: Emotion;
    intensity: number;
    intents: string[];
    stage: Stage;
}
export interface Corrected extends Labels {
    by: Named;
    at: Ms;
    note?: string;
}
export interface Correction {
    id: Id;
    conversation: Id;
    seq: number;
    text: string;
    was: Labels;
    now: Labels;
    model: string;
    note: string;
    by: Named;
    at: Ms;
}
export interface CorrectionPage extends Page<Correction> {
    total: number;
    drift: { kind: 'emotion' | 'intent' | 'stage'; from: string; to: string; count: number }[];
}
export interface Sla {
    kind: 'greeting' | 'reply';
    started_at: Ms;
    due_at: Ms;
    limit_ms: number;
    paused: boolean;
}
export interface Row {
    id: Id;
    channel: { id: Id; name: string; kind: string };
    customer: {
        id: Id;
        name: string;
        visitor: boolean;
        blocked: boolean;
        vip: string;
        returning: boolean;
    };
    status: Status;
    stage: Stage;
    assignee: Named | null;
    last_seq: number;
    last: { role: Role; kind: MessageKind; text: string; at: Ms } | null;
    unread: number;
    agent_read_seq: number;
    visitor_read_seq: number;
    emotion: Emotion;
    intensity: number;
    priority: number;
    tags: string[];
    queued_at: Ms;
    created_at: Ms;
    updated_at: Ms;
    closed_at: Ms | null;
    close_reason: string | null;
    snooze_until: Ms | null;
    sla: Sla | null;
    page: { url: string; title: string } | null;
    rating: { score: number; note: string } | null;
    subject: string;
}
export interface Customer {
    id: Id;
    name: string;
    note?: string;
    vip?: string;
    blocked?: boolean;
    blocked_reason?: string;
    visitor?: boolean;
    identities?: { channel: string; kind?: string; external: string }[];
    created_at?: Ms;
    conversations?: number;
    page?: { url: string; title: string } | null;
    lang?: string;
}
export interface HistoryItem {
    id: Id;
    created_at: Ms;
    closed_at: Ms | null;
    subject: string;
    last: Row['last'] | string | null;
}
export interface GuardHit {
    rule: string;
    version: string;
    level: 'warn' | 'approve' | 'block';
    start: number;
    end: number;
    words: string;
    message: string;
    rewrite: string | null;
}
export interface Suggestion {
    id: Id;
    version: string;
    title: string;
    text: string;
    situation: string;
    facts: { name: string; value: string; source: string }[];
    rules: string[];
    score: number;
    step: 'accept' | 'empathise' | 'act' | 'answer' | 'ask' | 'close';
}
export interface Script {
    id: Id;
    title: string;
    /** As it was written, with its variables; `text` has them filled. */
    template?: string;
    text: string;
    intents: string[];
    stage: string;
    emotion: string;
    rules: string[];
    shortcut: string;
}
export interface Presence {
    users: { id: Id; name: string; typing: 'reply' | 'note' | '' }[];
    visitor: { online: boolean; typing: boolean; preview: string };
}
export interface AgentState {
    id: Id;
    name: string;
    status: AgentStatus;
    reason: string;
    open: number;
    capacity: number;
    since?: Ms;
}
export interface User {
    id: Id;
    name: string;
    nickname: string;
    number: string;
    email: string;
    login?: string;
    /** At home in this shop: only then may it change their details. */
    home?: boolean;
    role: UserRole;
    active?: boolean;
    capacity: number;
    max_channels?: number;
    skills?: string[];
    status?: AgentStatus;
    totp?: boolean;
}
export interface Me {
    user: User;
    shop: { id: Id; name: string; timezone: string };
    shops: Named[];
    csrf: string;
    demo: boolean;
    now: Ms;
}
export interface Channel {
    id: Id;
    key: string;
    name: string;
    kind: string;
    color: string;
    greeting: string;
    quick_questions: string[];
    agent_label: string;
    address_form: string;
    offline_text: string;
    privacy_text: string;
    allowed_origins: string[];
    secret?: string;
    sla: { greeting_ms: number; reply_ms: number; version: string | number } | null;
    snippet: string;
}
export interface Span {
    from: string;
    to: string;
}
export interface Hours {
    timezone: string;
    week: Span[][];
    breaks: Span[];
    holidays: { date: string; name: string; open: Span[] }[];
    always: boolean;
    version: string | number;
    now_open?: boolean;
    next_open_at?: Ms | null;
}
export interface SlaConfig {
    greeting_ms: number;
    reply_ms: number;
    warning_ms: number;
    version: string | number;
}
export interface GuardRule {
    id: string;
    version: string | number;
    level: 'off' | 'warn' | 'approve' | 'block';
    words: string[];
    pairs?: unknown[];
    /** How it finds what no list of words can. */
    check?: string;
    message: string;
    rewrite: string | null;
}
export interface GuardEffectRule {
    rule: string;
    level: GuardRule['level'];
    messages: number;
    examples: { conversation: Id; seq: number; at: Ms; text: string; start: number; end: number }[];
}
/** What rules say to a text, and would have said to the agents' messages of the last 7 days. */
export interface GuardEffect {
    since: Ms;
    conversations: number;
    messages: number;
    hit: number;
    /** Of these: not to be sent without a change or an approval. */
    stopped: number;
    /** False: there was too much; the newest were counted. */
    whole: boolean;
    hits: GuardHit[];
    rules: GuardEffectRule[];
}
export interface ApiKey {
    id: Id;
    name: string;
    scopes: string[];
    /** First characters of the key, to tell keys apart. */
    prefix: string;
    user: Id;
    created_at: Ms;
    last_used_at: Ms | null;
}
export interface Webhook {
    id: Id;
    url: string;
    events: string[];
    active: boolean;
    secret?: string;
    created_at?: Ms;
}
export interface Delivery {
    id: Id;
    event: string;
    status: string;
    attempts: number;
    code?: number | null;
    error?: string | null;
    created_at: Ms;
    next_at?: Ms | null;
}
export interface AuditEntry {
    id: Id;
    at: Ms;
    actor: Named | null;
    role: string;
    action: string;
    object: Id | null;
    /** `name: hours; version: 4` */
    detail: string;
    ip: string;
}
export interface Retention {
    messages_days: number;
    files_days: number;
    audit_days: number;
    [key: string]: number;
}
/** Counts for the supervisor. Sums and rates are of the last 24 hours, from `since`. */
export interface Overview {
    now: Ms;
    since: Ms;
    conversations: {
        queued: number;
        open: number;
        snoozed: number;
        upset: number;
        opened: number;
        closed: number;
        longest_since: Ms | null;
    };
    agents: {
        online: number;
        busy: number;
        break: number;
        wrapup: number;
        offline: number;
        open: number;
        room: number;
    };
    sla: { rounds: number; late: number; in_time_average_ms: number };
    rating: { count: number; average: number | null };
}
export interface Invitation {
    id?: Id;
    email: string;
    name: string;
    role: UserRole;
    expires_at: Ms;
    accepted_at?: Ms | null;
    url?: string;
}
export interface SearchHit {
    conversation: Id;
    seq: number;
    at: Ms;
    role: Role;
    text: string;
    spans: [number, number][];
    customer: Named | string;
}
export interface SlaRound {
    kind: 'greeting' | 'reply';
    started_at: Ms;
    due_at: Ms;
    stopped_at: Ms | null;
    limit_ms: number;
    late: boolean;
    reason: string;
    paused_ms: number;
    queue_ms: number;
    agent: Named | string | null;
}
export interface FeelingPoint {
    seq: number;
    at: Ms;
    emotion: Emotion;
    intensity: number;
}
export interface Summary {
    last_seq: number;
    /** Who, wish, feeling, done, promised; `seqs` are the messages that a line rests on. */
    lines: {
        kind: 'who' | 'wish' | 'feeling' | 'done' | 'promised';
        text: string;
        seqs: number[];
    }[];
    curve: FeelingPoint[];
}
export interface Page<T> {
    items: T[];
    next?: string | null;
}
export interface RowPage extends Page<Row> {
    counts?: { mine: number; queue: number; all: number };
}

/* Frames, server → desk. */
export type Frame =
    | { type: 'welcome'; now: Ms; me: AgentState & { role: UserRole } }
    | { type: 'ack'; client_id?: string; conversation?: Id; seq?: number; at?: Ms }
    | {
          type: 'error';
          code: string;
          message: string;
          client_id?: string;
          retry_after_ms?: number;
          conversation?: Id;
      }
    | {
          type: 'guard';
          client_id: string;
          conversation: Id;
          level: 'warn' | 'approve' | 'block';
          hits: GuardHit[];
      }
    | { type: 'message'; message: Message; sla?: Sla | null; unread?: number; status?: Status }
    | { type: 'conversation'; row: Row }
    | ({ type: 'presence'; conversation: Id } & Presence)
    | {
          type: 'sla';
          conversation: Id;
          kind: Sla['kind'];
          state: 'warning' | 'late';
          due_at: Ms;
          started_at: Ms;
      }
    | { type: 'suggest'; conversation: Id; for_seq: number; items: Suggestion[] }
    | { type: 'recalled'; conversation: Id; seq: number }
    | { type: 'corrected'; conversation: Id; seq: number; corrected: Corrected | null }
    | { type: 'read'; conversation: Id; seq: number }
    | ({ type: 'agent' } & AgentState)
    | { type: 'queue'; waiting: number; all: number; longest_since: Ms | null }
    | { type: 'pong'; now: Ms }
    | { type: 'bye'; code: string };

export interface SendFrame {
    conversation: Id;
    client_id: string;
    kind: MessageKind;
    text: string;
    file?: Id;
    card?: Card;
    suggestion?: Id;
    guard_seen?: string[];
    reply_to?: number;
}
