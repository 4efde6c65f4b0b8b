// SPDX-License-Identifier: Apache-2.0
// Made by tools/gen_types.py of src/api/schemas.json: what the server takes and gives. Not edited by hand.

/** A decimal text. */
export type Id = string;
/** Milliseconds since 1970 UTC. */
export type Ms = number;
export interface Error {
    error: { code: string; message: string; field?: string; retry_after_ms?: number };
}
export type Nothing = Record<string, never>;
export type Named = { id: Id; name: string };
export type File = { id: Id; name: string; type: string; bytes: number; width?: number; height?: number; url: string };
export type FileAnswer = { file: File };
export type Card = { title: string; subtitle?: string; price?: string; image?: string; url?: string };
export type Evidence = { label: string; start: number; end: number; text: string; why: string };
export interface Understanding {
    emotion: Emotion;
    intensity: number;
    intents: { code: string; p: number }[];
    stage: Stage;
    evidence: Evidence[];
    model: string;
    saw_seq: number;
    memory?: unknown;
}
export type Labels = { emotion: Emotion; intensity: number; intents: string[]; stage: Stage };
export type LabelsPut = { emotion: Emotion; intensity?: number; intents: string[]; stage: Stage; note?: string };
export interface Corrected {
    emotion: Emotion;
    intensity: number;
    intents: string[];
    stage: Stage;
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
export interface Corrections {
    items: Correction[];
    next: Id | null;
    total: number;
    drift: { kind: 'emotion' | 'intent' | 'stage'; from: string; to: string; count: number }[];
}
export type Emotion = 'calm' | 'pleased' | 'anxious' | 'disappointed' | 'angry';
export type Stage = 'pre' | 'in' | 'after';
export type Status = 'queued' | 'open' | 'waiting' | 'snoozed' | 'closed';
export type Role = 'customer' | 'agent' | 'robot' | 'system';
export type MessageKind = 'text' | 'image' | 'file' | 'card' | 'note';
export type AgentStatus = 'online' | 'busy' | 'break' | 'wrapup' | 'offline';
export type UserRole = 'owner' | 'supervisor' | 'agent' | 'trainer';
export type Level = 'off' | 'warn' | 'approve' | 'block';
export interface Message {
    conversation: Id;
    seq: number;
    role: Role;
    kind: MessageKind;
    text: string;
    file?: File;
    card?: Card;
    sender?: Named;
    client_id?: string;
    at: Ms;
    recalled?: boolean;
    original?: string;
    understanding?: Understanding;
    corrected?: Corrected;
}
export type Messages = { items: Message[]; next: string | null };
export type MessageAnswer = { message: Message };
export interface Send {
    client_id: string;
    kind?: MessageKind;
    text?: string;
    file?: Id | null;
    card?: Card | null;
    suggestion?: string;
    guard_seen?: string[];
    reply_to?: number;
}
export type Sla = { kind: 'greeting' | 'reply'; started_at: Ms; due_at: Ms; limit_ms: number; paused: boolean };
export type Page = { url: string; title: string };
export type Last = { role: Role; kind: MessageKind; text: string; at: Ms };
export interface Conversation {
    id: Id;
    channel: { id: Id; name: string; kind: string };
    customer: { id: Id; name: string; visitor: boolean; blocked: boolean; vip: string; returning: boolean };
    status: Status;
    stage: Stage;
    assignee: Named | null;
    last_seq: number;
    last: Last | null;
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
    online: boolean;
    page: Page | null;
    rating: Rating | null;
    subject: string;
}
export type Rating = { score: number; note: string };
export interface Conversations {
    items: Conversation[];
    next: string | null;
    counts: { mine: number; queue: number; all: number };
}
export type ConversationAnswer = { conversation: Conversation };
export interface ConversationFull {
    conversation: Conversation;
    customer: Customer;
    history: { id: Id; created_at: Ms; closed_at: Ms | null; subject: string; last: Last | null }[];
}
export type Transfer = { to: Id | null; skill?: string; note?: string };
export type Close = { reason?: string; note?: string };
export type Snooze = { until: Ms };
export type Tags = { add?: string[]; remove?: string[] };
export type StageSet = { stage: Stage };
export type Merge = { into: Id };
export interface SlaRounds {
    rounds: {
        kind: 'greeting' | 'reply';
        started_at: Ms;
        due_at: Ms;
        stopped_at: Ms | null;
        limit_ms: number;
        version: number;
        late: boolean;
        reason: string;
        paused_ms: number;
        queue_ms: number;
        agent: Named | null;
    }[];
}
export interface Summary {
    last_seq: number;
    lines: { kind: 'who' | 'wish' | 'feeling' | 'done' | 'promised'; text: string; seqs: number[] }[];
    curve: { seq: number; at: Ms; emotion: Emotion; intensity: number }[];
}
export interface Customer {
    id: Id;
    name: string;
    note: string;
    vip: string;
    contact?: string;
    visitor: boolean;
    blocked: boolean;
    blocked_reason?: string;
    channel: Id;
    page: Page | null;
    lang: string;
    merged_into?: Id;
    erased_at?: Ms;
    created_at: Ms;
    seen_at: Ms;
}
export type CustomerAnswer = { customer: Customer };
export type CustomerFull = { customer: Customer; conversations: Conversation[] };
export type CustomerChange = { name?: string; note?: string; vip?: string };
export type Block = { reason: string };
export interface CustomerExport {
    exported_at: Ms;
    customer: Customer;
    identities: { channel: Id; value: string; created_at: Ms }[];
    merged: Customer[];
    files: File[];
    conversations: { conversation: Conversation; rating_tags: string[]; messages: Message[] }[];
    next: string | null;
}
export interface CustomerErased {
    customer: Customer;
    erased: { conversations: number; messages: number; files: number };
}
export type Agent = { id: Id; name: string; status: AgentStatus; reason: string; open: number; capacity: number; since: Ms };
export type Agents = { items: Agent[]; next: string | null };
export type AgentAnswer = { agent: Agent };
export type MyStatus = { status: AgentStatus; reason?: string };
export interface Suggestion {
    id: string;
    version: string;
    title: string;
    text: string;
    situation: string;
    facts: { name: string; value: string; source: string }[];
    rules: string[];
    score: number;
    step: 'accept' | 'empathise' | 'act' | 'answer' | 'ask' | 'close';
}
export type Suggestions = { conversation: Id; for_seq: number; items: Suggestion[] };
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
export type GuardCheck = { text: string; conversation?: Id };
export type GuardChecked = { level: Level; hits: GuardHit[]; promises: Promise[] };
export interface Promise {
    what: string;
    due: string;
    start: number;
    end: number;
    strength: 'firm' | 'estimate' | 'vague';
    from: Ms | null;
    to: Ms | null;
}
export interface GuardRule {
    id: string;
    level: Level;
    rule?: string;
    message?: string;
    version: string;
    words?: unknown[];
    exceptions?: unknown[];
    unless?: unknown[];
    pairs?: unknown[];
    rewrites?: unknown[];
    rewrite: string | null;
    fault?: string;
    check?: string;
    only?: boolean;
    shortest?: number;
    longest?: number;
    when?: unknown;
    before?: unknown[];
    needs?: unknown[];
    fillers?: unknown[];
    asked?: unknown[];
    policy?: unknown[];
    model?: unknown;
}
export type GuardRules = { items: GuardRule[]; next: string | null; version: number };
export interface GuardEffectAsk {
    text?: string;
    scan?: boolean;
    items?: { id: string; level: Level; message?: string; words?: unknown[]; rewrite?: string | null }[];
}
export interface GuardEffectRule {
    rule: string;
    level: Level;
    messages: number;
    examples: { conversation: Id; seq: number; at: Ms; text: string; start: number; end: number }[];
}
export interface GuardEffect {
    since: Ms;
    conversations: number;
    messages: number;
    hit: number;
    stopped: number;
    whole: boolean;
    hits: GuardHit[];
    rules: GuardEffectRule[];
}
export interface GuardRulesPut {
    items: { id: string; level: Level; message?: string; words?: unknown[]; rewrite?: string | null }[];
    version?: number | string;
}
export interface Script {
    id: string;
    version: string;
    title: string;
    text: string;
    template: string;
    situation: string;
    intents: string[];
    stage: unknown;
    emotion: unknown;
    step: string;
    rules: string[];
    facts: string[];
    absent?: string[];
    cues?: string[];
    variants: string[];
    missing: string[];
    shortcut: string;
}
export type Scripts = { items: Script[]; next: string | null };
export interface ScriptPut {
    title?: string;
    text?: string;
    situation?: string;
    intents?: string[];
    stage?: unknown;
    emotion?: unknown;
    step?: string;
    rules?: string[];
    absent?: string[];
    cues?: string[];
    variants?: string[];
    shortcut?: string;
    version?: number | string;
}
export type ScriptStored = { id: string; version: string; script: unknown };
export type ChannelSla = { greeting_ms: number; reply_ms: number; version: number };
export interface Channel {
    id: Id;
    kind: string;
    key: string;
    name: string;
    agent_label: string;
    color: string;
    greeting: string;
    address_form: string;
    offline_text: string;
    privacy_text: string;
    quick_questions: string[];
    typing_preview?: boolean;
    allowed_origins: string[];
    active: boolean;
    secret?: string;
    sla: ChannelSla;
    snippet: string;
}
export type Channels = { items: Channel[]; next: string | null };
export type ChannelAnswer = { channel: Channel };
export interface ChannelPut {
    name?: string;
    agent_label?: string;
    color?: string;
    greeting?: string;
    address_form?: string;
    offline_text?: string;
    privacy_text?: string;
    quick_questions?: string[];
    typing_preview?: boolean;
    allowed_origins?: string[];
    active?: boolean;
    sla?: { greeting_ms?: number; reply_ms?: number; version?: number | string };
}
export type Span = { from: string; to: string };
export type Holiday = { date: string; name: string; open: Span[] };
export interface Hours {
    timezone: string;
    week: Span[][];
    breaks: Span[];
    holidays: Holiday[];
    always: boolean;
    version: number;
    now_open: boolean;
    next_open_at: Ms | null;
}
export interface HoursPut {
    timezone: string;
    week?: Span[][];
    breaks?: Span[];
    holidays?: Holiday[];
    always?: boolean;
    version?: number | string;
}
export type SlaLimits = { greeting_ms: number; reply_ms: number; warning_ms: number; version: number };
export type SlaLimitsPut = { greeting_ms?: number; reply_ms?: number; warning_ms?: number; version?: number | string };
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
    agents: { online: number; busy: number; break: number; wrapup: number; offline: number; open: number; room: number };
    sla: { rounds: number; late: number; in_time_average_ms: number };
    rating: { count: number; average: number | null };
}
export type Login = { user: string; password: string; code?: string };
export interface MeUser {
    id: Id;
    login: string;
    name: string;
    email: string;
    role: UserRole;
    nickname: string;
    number: string;
    capacity: number;
    totp: boolean;
}
export type LoggedIn = { user: MeUser; csrf: string | null };
export type Shop = { id: Id; name: string; timezone: string };
export type Me = { user: MeUser; shop: Shop; shops: Shop[]; csrf: string | null; demo: boolean; now: Ms };
export type MeAnswer = { user: MeUser };
export type MeChange = { name?: string; nickname?: string };
export type MeShop = { shop: Id };
export type PasswordChange = { old: string; new: string };
export type Password = { password: string };
export type Code = { code: string };
export type TotpBegun = { secret: string; uri: string };
export type TotpOn = { recovery: string[] };
export interface User {
    id: Id;
    login: string;
    name: string;
    nickname: string;
    number: string;
    email: string;
    role: UserRole;
    active: boolean;
    capacity: number;
    max_channels: number;
    skills: string[];
    totp: boolean;
    home: boolean;
    status: AgentStatus;
}
export type Users = { items: User[]; next: string | null };
export type UserAnswer = { user: User; url?: string };
export interface UserPut {
    login?: string;
    email?: string;
    name?: string;
    nickname?: string;
    number?: string;
    role?: UserRole;
    active?: boolean;
    capacity?: number;
    max_channels?: number;
    skills?: string[];
    password?: string;
}
export type Link = { url: string; expires_at: Ms };
export type Invite = { email: string; role: UserRole; name?: string };
export type Invited = { url: string; expires_at: Ms; id?: Id };
export interface Invitation {
    id: Id;
    email: string;
    name: string;
    role: UserRole;
    created_by: Id | null;
    created_at: Ms;
    expires_at: Ms;
    accepted_at: Ms | null;
}
export type Invitations = { items: Invitation[]; next: string | null };
export type InvitationAccept = { token: string; name?: string; password: string };
export type PasswordReset = { token: string; password: string };
export interface ApiKey {
    id: Id;
    name: string;
    prefix: string;
    scopes: ('read' | 'chat' | 'admin')[];
    user: Id;
    created_at: Ms;
    last_used_at: Ms | null;
}
export type ApiKeys = { items: ApiKey[]; next: string | null };
export type ApiKeyPut = { name: string; scopes: ('read' | 'chat' | 'admin')[] };
export interface ApiKeyNew {
    id: Id;
    name: string;
    prefix: string;
    scopes: ('read' | 'chat' | 'admin')[];
    user: Id;
    created_at: Ms;
    last_used_at: Ms | null;
    key: string;
}
export interface AuditEntry {
    id: Id;
    at: Ms;
    actor: Named | null;
    role: string;
    action: string;
    object: Id | null;
    detail: string;
    ip: string;
}
export type Audit = { items: AuditEntry[]; next: Id | null };
export interface Webhook {
    id: Id;
    url: string;
    events: string[];
    texts: boolean;
    active: boolean;
    dropped: number;
    created_at: Ms;
    secret?: string;
}
export type Webhooks = { items: Webhook[]; next: string | null };
export type WebhookPut = { url?: string; events?: string[]; texts?: boolean; active?: boolean; new_secret?: boolean };
export interface Delivery {
    id: Id;
    webhook: Id;
    event: string;
    conversation: Id | null;
    status: 'pending' | 'delivered' | 'failed';
    attempts: number;
    next_at: Ms | null;
    created_at: Ms;
    finished_at: Ms | null;
    code: number | null;
    error: string | null;
    duration_ms: number | null;
    answer: string | null;
    erased: boolean;
}
export type Deliveries = { items: Delivery[]; next: string | null };
export type DeliveryAnswer = { delivery: Delivery };
export interface Llm {
    enabled: boolean;
    url: string;
    model: string;
    has_key: boolean;
    timeout_ms: number;
    daily_tokens: number;
    version: number;
    state: 'off' | 'ready' | 'resting' | 'budget';
    today: { calls: number; failed: number; tokens: number };
}
export interface LlmPut {
    enabled?: boolean;
    url?: string;
    model?: string;
    key?: string | null;
    timeout_ms?: number;
    daily_tokens?: number;
    version?: number | string;
}
export type DraftAsk = { kind: 'reply' | 'rewrite'; text?: string };
export interface Draft {
    conversation: Id;
    for_seq: number;
    kind: 'reply' | 'rewrite';
    source: 'llm';
    model: string;
    text: string;
    level: Level;
    hits: GuardHit[];
    facts: { name: string; value: string; source: string }[];
    unproved: string[];
    broken: string[];
    lost: string[];
    tokens: number;
}
export type Retention = { messages_days: number; files_days: number; audit_days: number; version: number };
export type RetentionPut = { messages_days?: number; files_days?: number; audit_days?: number; version?: number | string };
export interface SearchHit {
    conversation: Id;
    seq: number;
    at: Ms;
    role: Role;
    kind: MessageKind;
    text: string;
    spans: number[][];
    customer: Named;
}
export type SearchHits = { items: SearchHit[]; next: string | null; watermark: Ms; complete: boolean };
export type SetupState = { needed: boolean; demo: boolean };
export interface Setup {
    owner: { email: string; name: string; password: string };
    shop: { name: string; timezone: string };
    channel?: { name?: string; site?: string };
}
export type SetupDone = { user: MeUser; channel: Channel; snippet: string; csrf: string };
export interface VisitorSession {
    channel: string;
    token?: string;
    identity?: { user_id?: string; name?: string; hash?: string; jwt?: string };
    lang?: string;
    page?: Page;
}
export interface VisitorWelcome {
    token: string;
    visitor: Named;
    channel: {
        key: string;
        name: string;
        agent_label: string;
        color: string;
        greeting: string;
        address_form: string;
        offline_text: string;
        privacy_text: string;
        quick_questions: string[];
        typing_preview?: boolean;
    };
    limits: { text_chars: number; file_bytes: number; file_types: string[] };
    open: boolean;
    next_open_at: Ms | null;
    conversation: Id | null;
    last_seq: number;
    now: Ms;
}
export type Offline = { name?: string; contact: string; text: string };
export type Receipt = { receipt: string };
