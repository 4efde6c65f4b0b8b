// SPDX-License-Identifier: Apache-2.0
// The one script a shop puts on its pages. Owns the launcher (shadow DOM on <desk-chat>), the frame
// that holds the panel, and the global function zhixin(). Sets no cookie, replaces no handler of the
// page, talks to the frame over a private channel with the exact origin.
interface Api {
    (...args: unknown[]): void;
    q?: unknown[][];
    /** Marks the loaded one; the stub of the page has only the queue. */
    on?: boolean;
}
interface PanelMessage {
    t: string;
    n?: number;
    name?: string;
    text?: string;
    color?: string;
    on?: boolean;
    url?: string;
    code?: string;
}
type Data = Record<string, unknown>;

(() => {
    const w = window as unknown as { zhixin?: Api };
    const doc = document;
    const root = doc.documentElement;
    const before = w.zhixin;
    if (before?.on) return;
    const script = (doc.currentScript ?? doc.querySelector("script[data-channel]")) as HTMLScriptElement | null;
    if (!script?.src) return;

    const opt: Record<string, string | undefined> = { ...script.dataset };
    const home = new URL(".", script.src);
    const flag = `zhixin:${opt.channel}`;
    const lang = opt.lang ?? navigator.language;
    const say = [
        ["打开客服聊天", "收起客服聊天", "条新消息", "在线客服"],
        ["開啟客服聊天", "收合客服聊天", "則新訊息", "線上客服"],
        ["Open chat", "Hide chat", "new messages", "Customer service"],
    ][/^zh.*(tw|hk|mo|hant)/i.test(lang) ? 1 : /^zh/i.test(lang) ? 0 : 2]!;

    let host: HTMLElement | undefined;
    let box: HTMLElement;
    let button: HTMLButtonElement;
    let peek: HTMLButtonElement;
    let badge: HTMLElement;
    let frame: HTMLIFrameElement | undefined;
    let port: MessagePort | undefined;
    let opened = false;
    let unread = 0;
    // A signed visitor: window.zhixin("identify", …) may change it later.
    let identity: unknown = opt.jwt ? { jwt: opt.jwt } : opt.userId && { user_id: opt.userId, name: opt.userName, hash: opt.userHash };
    let waiting: Data[] = [];
    let lastUrl = "";
    let pageTimer: number;
    let peekTimer: number;
    let watcher: MutationObserver | undefined;
    const handlers: Record<string, ((data?: unknown) => unknown)[]> = {};

    const CSS = `:host{all:initial!important;color-scheme:light dark}*{box-sizing:border-box}[hidden]{display:none!important}
button{margin:0;border:0;padding:0;font:inherit;cursor:pointer}:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 5px #0b5cd7!important}
.w{position:fixed;z-index:var(--z,2147483000);inset:auto var(--x,20px) calc(var(--y,20px) + env(safe-area-inset-bottom,0px)) auto;font:14px/20px -apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
.w.left{right:auto;left:var(--x,20px)}
.l{display:grid;place-items:center;width:56px;height:56px;border-radius:28px;background:var(--c,#0b5cd7);color:var(--o,#fff);box-shadow:0 6px 20px #09142847}
svg{width:28px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
.on .a,:not(.on)>*>.z{display:none}
.n{position:absolute;top:-4px;right:-4px;min-width:22px;padding:1px 6px;border-radius:14px;background:#b3261e;color:#fff;font-size:12px;font-weight:600;box-shadow:0 0 0 2px #fff}
.k,.p{position:absolute;bottom:72px;right:0;border-radius:14px;overflow:hidden;background:Canvas;color:CanvasText;box-shadow:0 12px 40px #09142847}
.left>*{right:auto;left:0}
.k{width:max-content;max-width:min(280px,100vw - 40px);max-height:64px;padding:12px 16px!important;text-align:start;overflow-wrap:anywhere}
.p{width:392px;height:min(680px,100vh - 112px);opacity:0;visibility:hidden;transform:translateY(8px);transition:.16s}
.on .p{opacity:1;visibility:visible;transform:none}
iframe{width:100%;height:100%;border:0}
@media(max-width:480px),(max-height:420px){.p{position:fixed;inset:0!important;width:auto;height:var(--h,100dvh);border-radius:0}.on .l{visibility:hidden}}
@media(prefers-reduced-motion:reduce){.p{transition:none}}
@media print{.w{display:none}}`;

    const emit = (name: string, data?: unknown): boolean => {
        let go = true;
        for (const f of handlers[name] ?? [])
            try {
                if (f(data) === false) go = false;
            } catch (e) {
                console.error(e); // a fault of the page's handler must not stop the chat
            }
        return go;
    };
    const post = (m: Data): void => {
        if (port) port.postMessage(m);
        else waiting = [...waiting.filter((x) => x.t !== m.t || m.t === "send"), m];
    };
    const page = () => ({ url: location.href.split("#")[0], title: doc.title });
    const remember = (on?: boolean): void => {
        try {
            if (on) localStorage[flag] = Date.now();
            else delete localStorage[flag];
        } catch {
            /* storage refused: the chat then waits for the first click */
        }
    };
    const recent = (): boolean => {
        try {
            return Date.now() - localStorage[flag] < 6048e5;
        } catch {
            return false;
        }
    };
    const el = <K extends keyof HTMLElementTagNameMap>(tag: K, cls: string): HTMLElementTagNameMap[K] => {
        const e = doc.createElement(tag);
        e.className = cls;
        return e;
    };

    function colour(c = ""): void {
        if (!/^#[\da-f]{6}$/i.test(c) || !box) return;
        const [r, g, b] = [1, 3, 5].map((i) => (Number.parseInt(c.slice(i, i + 2), 16) / 255) ** 2.2) as [number, number, number];
        box.style.setProperty("--c", c);
        // Black or white, whichever stands out more.
        box.style.setProperty("--o", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.183 ? "#081427" : "#fff");
    }

    function look(): void {
        if (!box) return;
        for (const [key, name, unit] of [["offsetX", "--x", "px"], ["offsetY", "--y", "px"], ["z", "--z", ""]] as const)
            if (opt[key]) box.style.setProperty(name, Number.parseInt(opt[key]!, 10) + unit);
        box.className = `w${opt.side === "left" ? " left" : ""}${opened ? " on" : ""}`;
        button.hidden = !!opt.hide;
        button.ariaExpanded = String(opened);
        button.ariaLabel = say[opened ? 1 : 0]! + (unread && !opened ? ` · ${unread} ${say[2]}` : "");
        badge.hidden = !unread || opened;
        badge.textContent = unread > 99 ? "99+" : `${unread}`;
        if (opened || !unread) peek.hidden = true;
    }

    function panel(): void {
        if (frame) return;
        frame = doc.createElement("iframe");
        frame.title = say[3]!;
        const q = new URLSearchParams({ channel: opt.channel ?? "", lang });
        for (const k of ["theme", "color"]) if (opt[k]) q.set(k, opt[k]!);
        frame.src = `${home.href}panel?${q}`;
        // Fires again when the page moved the frame in its tree: a moved frame starts anew.
        frame.onload = () => {
            const c = new MessageChannel();
            port = c.port1;
            port.onmessage = (e) => heard(e.data as PanelMessage);
            frame!.contentWindow!.postMessage({ zhixin: 1, t: opened ? "open" : "idle", identity, page: page() }, home.origin, [c.port2]);
            const list = waiting;
            waiting = [];
            list.forEach(post);
        };
        const wrap = el("div", "p");
        wrap.role = "dialog";
        wrap.ariaLabel = say[3]!;
        wrap.append(frame);
        box.prepend(wrap);
        wrap.offsetWidth; // the first opening moves, too
        lastUrl = location.href;
        pageTimer = setInterval(() => {
            if (location.href === lastUrl) return;
            lastUrl = location.href;
            post({ t: "page", page: page() });
        }, 1000) as unknown as number;
    }

    function heard(m: PanelMessage): void {
        if (m.t === "close") toggle(false);
        else if (m.t === "ready") {
            if (!opt.color) colour(m.color);
            emit("ready");
        } else if (m.t === "keep") remember(m.on);
        else if (m.t === "error") emit("error", m.code);
        else if (m.t === "nav" && /^https?:/i.test(m.url ?? "")) {
            // The page may keep its visitor where they are; a talk need not end for a product page.
            if (emit("navigate", m.url)) window.open(m.url, new URL(m.url!).origin === location.origin ? "_self" : "_blank", "noopener");
        } else if (m.t === "unread") {
            const n = m.n ?? 0;
            // The badge stays; the words beside it go after a while.
            clearTimeout(peekTimer);
            if (n > unread && !opened) {
                peek.textContent = `${m.name}：${m.text}`;
                peek.hidden = false;
                peekTimer = setTimeout(() => (peek.hidden = true), 12e3) as unknown as number;
            }
            unread = n;
            look();
            emit("unread", unread);
        }
    }

    function toggle(to: boolean): void {
        if (!host) return;
        if (to) panel();
        if (to === opened) return;
        opened = to;
        look();
        post({ t: to ? "open" : "hide" });
        if (to) frame!.focus();
        else button.focus();
        emit(to ? "open" : "close");
    }

    function build(): void {
        host = doc.createElement("desk-chat");
        const shadow = host.attachShadow({ mode: "open" });
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
        shadow.adoptedStyleSheets = [sheet];
        box = el("div", "w");
        button = el("button", "l");
        button.innerHTML =
            '<svg class="a" viewBox="0 0 24 24"><path d="M20 11.5c0 4-3.6 7-8 7-1 0-2 0-2.9-.4L4.5 20l1.2-3.6C4.6 15 4 13.3 4 11.5c0-4 3.6-7 8-7s8 3 8 7zM8.5 11.5h0M12 11.5h0M15.5 11.5h0"/></svg><svg class="z" viewBox="0 0 24 24"><path d="m6 9.5 6 6 6-6"/></svg><span class="n" aria-hidden="true"></span>';
        button.onclick = () => toggle(!opened);
        badge = button.querySelector(".n")!;
        peek = el("button", "k");
        peek.hidden = true;
        peek.onclick = () => toggle(true);
        box.append(peek, button);
        box.onkeydown = (e) => {
            if (e.key === "Escape") toggle(false);
        };
        shadow.append(box);
        // A child of <html>: it is there before <body>, and swapping the body does not touch it.
        root.append(host);
        watcher = new MutationObserver(() => {
            if (host && host.parentNode !== root) root.append(host);
        });
        watcher.observe(root, { childList: true });
        // The keyboard of a phone shrinks what can be seen, not the page.
        const view = window.visualViewport;
        if (view) view.onresize = () => box.style.setProperty("--h", `${view.height}px`);
        colour(opt.color);
        look();
        if (recent()) setTimeout(panel, 1e3);
    }

    const text = (v: unknown): string | undefined => (v == null ? undefined : `${v}`);
    const abs = (v: unknown): string | undefined => (v ? new URL(`${v}`, location.href).href : undefined);
    function card(d: Data, order: boolean): void {
        const c = {
            title: text(d.title ?? d.name ?? d.id),
            subtitle: text(d.subtitle ?? d.status),
            price: text(d.price ?? d.amount),
            image: abs(d.image),
            url: abs(d.url ?? (order ? undefined : location.href)),
        };
        if (!c.title) return;
        // What the visitor looks at can wait until the chat is opened; what is to be sent cannot.
        if (d.send) panel();
        post({ t: "card", card: c, send: d.send === true });
    }

    const commands: Record<string, (a: unknown, b: unknown) => void> = {
        open: () => toggle(true),
        close: () => toggle(false),
        toggle: () => toggle(!opened),
        identify(a) {
            identity = a;
            if (port) post({ t: "identify", identity });
        },
        update(a) {
            Object.assign(opt, a);
            const o = a as Data;
            if (o.theme) post({ t: "look", theme: o.theme });
            if (o.color) colour(opt.color);
            look();
        },
        context: (a) => post({ t: "context", context: a }),
        product: (a) => card(a as Data, false),
        order: (a) => card(a as Data, true),
        send(a) {
            panel();
            post({ t: "send", text: String(a) });
        },
        reset() {
            identity = undefined;
            remember();
            unread = 0;
            if (port) post({ t: "reset" });
            look();
        },
        shutdown() {
            watcher?.disconnect();
            clearInterval(pageTimer);
            host?.remove();
            frame?.remove();
            host = frame = port = undefined;
            opened = false;
            waiting = [];
        },
        on: (a, b) => void (handlers[String(a)] ??= []).push(b as () => void),
    };

    const api: Api = (...args) => {
        const [name, a, b] = args as [string, unknown, unknown];
        if (commands[name]) commands[name](a, b);
        else console.warn(`zhixin: no command "${name}"`);
    };
    api.on = true;
    w.zhixin = api;
    build();
    for (const args of before?.q ?? []) api(...Array.from(args));
})();
