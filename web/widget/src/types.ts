// SPDX-License-Identifier: Apache-2.0
// Shapes of the visitor half of docs/protocol.md, as far as the panel reads them.
export interface FileInfo {
    id: string;
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
export type Role = "customer" | "agent" | "robot" | "system";
export type Kind = "text" | "image" | "file" | "card";
export interface Message {
    conversation: string;
    seq: number;
    role: Role;
    kind: Kind;
    text?: string;
    file?: FileInfo;
    card?: Card;
    sender?: { id: string; name: string };
    client_id?: string;
    at: number;
    recalled?: boolean;
}
export interface Meta {
    state: "queued" | "open" | "waiting" | "closed" | "none";
    position?: number | null;
    agent?: { name: string } | null;
    open?: boolean;
    next_open_at?: number | null;
}
export interface Identity {
    user_id?: string;
    name?: string;
    hash?: string;
    jwt?: string;
}
export interface Page {
    url: string;
    title: string;
}
export interface Session {
    token: string;
    visitor: { id: string; name?: string };
    channel: {
        key: string;
        name: string;
        agent_label?: string;
        color?: string;
        greeting?: string;
        quick_questions?: string[];
        address_form?: string;
        offline_text?: string;
        privacy_text?: string;
        /** Only where the shop told its visitors: sends what is being typed before it is sent. */
        typing_preview?: boolean;
    };
    limits: { text_chars: number; file_bytes: number; file_types: string[] };
    open: boolean;
    next_open_at?: number | null;
    conversation: string | null;
    last_seq: number;
    now: number;
}
/** One frame from the server; the fields of all kinds in one loose shape, checked where used. */
export interface Frame extends Partial<Meta> {
    type: string;
    code?: string;
    message?: Message & string;
    client_id?: string;
    retry_after_ms?: number;
    conversation?: string | null;
    seq?: number;
    at?: number;
    now?: number;
    on?: boolean;
    last_seq?: number;
    visitor_read?: number;
    agent_read?: number;
}
