// SPDX-License-Identifier: Apache-2.0
// The one script a shop puts on its pages. Owns the launcher (shadow DOM on <desk-chat>), the frame
// that holds the panel, and the global function Desk(). Sets no cookie, replaces no handler of the
// page, talks to the frame over a private channel with the exact origin.
interface Deskish {
    (...args: unknown[]): void;
    q?: unknown[][];
    zhixin?: boolean;
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
    const w = window as unknown as { Desk?: Deskish };
    const doc = document;
    const root = doc.documentElement;
    const before = w.Desk;
    if (before?.zhixin) return;
    const script = (doc.currentScript ?? doc.querySelector("script[data-channel]")) as HTMLScriptElement | null;
    if (!script?.src) return;

    const opt: Record<string, string | undefined> = { ...script.dataset };
    const home = new URL(".", script.src);
    const flag = `zhixin:${opt.channel}`;
    const lang = /^zh.*(tw|hk|mo|hant)/i.test(opt.lang ?? navigator.language) ? 1 : /^zh/i.test(opt.lang ?? navigator.language) ? 0 : 2;
    const say = [
        ["打开客服聊天", "收起客服聊天", "条新消息", "关闭提示", "在线客服"],
        ["開啟客服聊天", "收合客服聊天", "則新訊息", "關閉提示", "線上客服"],
        ["Open chat", "Hide chat", "new messages", "Dismiss", "Customer service"],
    ][lang]!;
    const inline = opt.mode === "inline";

    let host: HTMLElement | undefined;
    let box: HTMLElement;
    let button: HTMLButtonElement;
    let peek: HTMLElement;
    let frame: HTMLIFrameElement | undefined;
    let port: MessagePort | undefined;
    let opened = false;
    let unread = 0;
    let identity: unknown;
    let waiting: Data[] = [];
    let lastUrl = "";
    let pageTimer = 0;
    let watcher: MutationObserver | undefined;
    const handlers: Record<string, ((data?: unknown) => unknown)[]> = {};

    const CSS = `:host{all:initial!important}*{box-sizing:border-box}[hidden]{display:none!important}
button{margin:0;border:0;padding:0;font:inherit;cursor:pointer}:focus-visible{outline:3px solid #fff;box-shadow:0 0 0 5px #0b5cd7!important}
.w{position:fixed;z-index:var(--z,2147483000);inset-inline-end:var(--x,20px);bottom:calc(var(--y,20px) + env(safe-area-inset-bottom,0px));font:14px/20px -apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1b2129}
.w.left{inset-inline:var(--x,20px) auto}
.l{position:relative;display:grid;place-items:center;width:56px;height:56px;border-radius:28px;background:var(--c,#0b5cd7);color:var(--o,#fff);box-shadow:0 6px 20px rgb(9 20 40/.28);transition:transform .12s}
.l:hover{transform:translateY(-2px)}
.l svg{width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
.l[aria-expanded=true] .a,.l[aria-expanded=false] .z{display:none}
.n{position:absolute;top:-4px;inset-inline-end:-4px;min-width:22px;height:22px;padding:1px 6px;border-radius:11px;background:#b3261e;color:#fff;font-size:12px;font-weight:600;text-align:center;box-shadow:0 0 0 2px #fff}
.k{position:absolute;bottom:68px;inset-inline-end:0;display:flex;width:max-content;max-width:min(280px,calc(100vw - 40px));border-radius:14px;background:#fff;box-shadow:0 8px 28px rgb(9 20 40/.2)}
.left .k{inset-inline:0 auto}
.k button{background:none;color:inherit;text-align:start}.k .t{padding:12px 0 12px 16px;min-height:44px}
.k b,.k span{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;overflow-wrap:anywhere}.k b{font-size:12px;font-weight:600;color:#4a5463}
.k .d{flex:none;width:44px;min-height:44px;font-size:20px;color:#616b7a}
.p{position:absolute;bottom:72px;inset-inline-end:0;width:392px;height:min(680px,calc(100vh - 112px));border-radius:14px;overflow:hidden;background:#f5f6f8;box-shadow:0 12px 40px rgb(9 20 40/.28);opacity:0;visibility:hidden;transform:translateY(8px);transition:opacity .16s,transform .16s,visibility .16s}
.left .p{inset-inline:0 auto}
.p.on{opacity:1;visibility:visible;transform:none}
.p.dark{background:#0f1317}
iframe{display:block;width:100%;height:100%;border:0}
@media(max-width:480px),(max-height:420px){.p{position:fixed;inset:0!important;width:auto;height:var(--h,100dvh);border-radius:0}.w.on .l{visibility:hidden}}
@media(prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{.w{display:none}}`;

    const emit = (name: string, data?: unknown): boolean => {
        let go = true;
        for (const f of handlers[name] ?? [])
            try {
                if (f(data) === false) go = false;
            } catch (e) {
                setTimeout(() => {
                    throw e; // a fault of the page's handler is the page's, and must not stop the chat
                });
            }
        return go;
    };
    const post = (m: Data): void => {
        if (port) port.postMessage(m);
        else waiting.push(m);
    };
    const page = () => ({ url: location.href.split("#")[0], title: doc.title });
    const remember = (on?: boolean): void => {
        try {
            if (on) localStorage.setItem(flag, String(Date.now()));
            else localStorage.removeItem(flag);
        } catch {
            /* storage refused: the chat then waits for the first click */
        }
    };
    const recent = (): boolean => {
        try {
            return Date.now() - Number(localStorage.getItem(flag)) < 6048e5;
        } catch {
            return false;
        }
    };
    const el = <K extends keyof HTMLElementTagNameMap>(tag: K, cls: string): HTMLElementTagNameMap[K] => {
        const e = doc.createElement(tag);
        e.className = cls;
        return e;
    };

    function colour(c: string | undefined): void {
        const m = /^#?([\da-f]{6})$/i.exec((c ?? "").replace(/^#?(.)(.)(.)$/, "#$1$1$2$2$3$3"));
        if (!m || !box) return;
        // The same rule as in the panel: black or white, whichever stands out more.
        const [r, g, b] = [0, 2, 4].map((i) => (Number.parseInt(m[1]!.slice(i, i + 2), 16) / 255) ** 2.2) as [number, number, number];
        box.style.setProperty("--c", `#${m[1]}`);
        box.style.setProperty("--o", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.183 ? "#081427" : "#fff");
    }

    function look(): void {
        if (!box) return;
        for (const [name, key] of [["--x", "offsetX"], ["--y", "offsetY"], ["--z", "z"]] as const)
            if (opt[key]) box.style.setProperty(name, name === "--z" ? opt[key]! : `${Number.parseInt(opt[key]!, 10)}px`);
        box.className = `w${opt.side === "left" ? " left" : ""}${opened ? " on" : ""}`;
        button.hidden = opt.hide === "true";
        const wrap = frame?.parentElement;
        if (wrap?.classList.contains("p"))
            wrap.className = `p${opened ? " on" : ""}${opt.theme === "dark" || (opt.theme !== "light" && matchMedia("(prefers-color-scheme:dark)").matches) ? " dark" : ""}`;
        button.setAttribute("aria-expanded", String(opened));
        button.setAttribute("aria-label", say[opened ? 1 : 0]! + (unread && !opened ? ` · ${unread} ${say[2]}` : ""));
        const badge = button.querySelector<HTMLElement>(".n")!;
        badge.hidden = !unread || opened;
        badge.textContent = unread > 99 ? "99+" : String(unread);
        if (opened || !unread) peek.hidden = true;
    }

    function panel(): void {
        if (frame) return;
        frame = doc.createElement("iframe");
        frame.title = say[4]!;
        frame.allow = "clipboard-write";
        const q = new URLSearchParams({ channel: opt.channel ?? "", lang: opt.lang ?? navigator.language });
        for (const k of ["theme", "color"]) if (opt[k]) q.set(k, opt[k]!);
        frame.src = `${home.href}panel?${q}`;
        // Fires again when the page moved the frame in its tree: a moved frame starts anew.
        frame.onload = () => {
            const c = new MessageChannel();
            port = c.port1;
            port.onmessage = (e) => heard(e.data as PanelMessage);
            frame!.contentWindow!.postMessage({ zhixin: 1, t: opened || inline ? "open" : "idle", identity, page: page() }, home.origin, [c.port2]);
            const list = waiting;
            waiting = [];
            list.forEach(post);
        };
        if (inline) {
            frame.style.cssText = "display:block;width:100%;height:100%;border:0";
            doc.querySelector(opt.target ?? "#desk-chat")?.append(frame);
        } else {
            const wrap = el("div", "p");
            wrap.setAttribute("role", "dialog");
            wrap.setAttribute("aria-label", say[4]!);
            wrap.append(frame);
            box.prepend(wrap);
            wrap.offsetWidth; // the first opening moves, too
        }
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
            if (!emit("navigate", m.url)) return;
            if (new URL(m.url!).origin === location.origin) location.href = m.url!;
            else window.open(m.url, "_blank", "noopener");
        } else if (m.t === "unread" && !inline) {
            const more = (m.n ?? 0) > unread;
            unread = m.n ?? 0;
            if (more && !opened) {
                peek.querySelector("b")!.textContent = m.name ?? "";
                peek.querySelector("span")!.textContent = m.text ?? "";
                peek.hidden = false;
            }
            look();
            emit("unread", unread);
        }
    }

    function toggle(to: boolean): void {
        if (inline || !host) return;
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
        if (inline) return void panel();
        host = doc.createElement("desk-chat");
        const shadow = host.attachShadow({ mode: "open" });
        try {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(CSS);
            shadow.adoptedStyleSheets = [sheet];
        } catch {
            const style = doc.createElement("style");
            style.textContent = CSS;
            shadow.append(style);
        }
        box = el("div", "w");
        button = el("button", "l");
        button.type = "button";
        button.innerHTML =
            '<svg class="a" viewBox="0 0 24 24" aria-hidden="true"><path d="M20 11.5c0 4.1-3.6 7-8 7-1 0-2-.1-2.9-.4L4.5 20l1.2-3.6A6.7 6.7 0 0 1 4 11.5c0-4.100 3.600-7 8-7s8 2.900 8 7zM8.500 11.500h0M12 11.500h0M15.500 11.500h0"/></svg><svg class="z" viewBox="0 0 24 24" aria-hidden="true"><path d="m6 9.500 6 6 6-6"/></svg><span class="n" aria-hidden="true" hidden></span>';
        button.onclick = () => toggle(!opened);
        peek = el("div", "k");
        peek.hidden = true;
        const text = el("button", "t");
        text.append(doc.createElement("b"), doc.createElement("span"));
        text.onclick = () => toggle(true);
        const shut = el("button", "d");
        shut.textContent = "×";
        shut.setAttribute("aria-label", say[3]!);
        shut.onclick = () => {
            peek.hidden = true;
            button.focus();
        };
        peek.append(text, shut);
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
        if (recent()) (window.requestIdleCallback ?? setTimeout)(panel);
    }

    const text = (v: unknown): string | undefined => (v == null || v === "" ? undefined : String(v));
    const abs = (v: unknown): string | undefined => {
        try {
            return v ? new URL(String(v), location.href).href : undefined;
        } catch {
            return undefined;
        }
    };
    function card(d: Data, order: boolean): void {
        const c = {
            title: text(d.title ?? d.name ?? d.id),
            subtitle: text(d.subtitle ?? d.status),
            price: text(d.price ?? d.amount),
            image: abs(d.image),
            url: abs(d.url ?? (order ? undefined : location.href)),
        };
        if (!c.title) return;
        panel();
        post({ t: "card", card: c, send: d.send === true });
    }

    const commands: Record<string, (a: unknown, b: unknown) => void> = {
        open: () => toggle(true),
        close: () => toggle(false),
        toggle: () => toggle(!opened),
        identify(a) {
            identity = a;
            if (frame) post({ t: "identify", identity });
        },
        update(a) {
            Object.assign(opt, a);
            const o = a as Data;
            if (o.theme) post({ t: "look", theme: o.theme });
            if (o.color) colour(opt.color);
            look();
        },
        context: (a) => post({ t: "page", page: { ...page(), ...(a as Data) } }),
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
            if (frame) post({ t: "reset" });
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

    const Desk: Deskish = (...args) => {
        const [name, a, b] = args as [string, unknown, unknown];
        if (commands[name]) commands[name](a, b);
        else console.warn(`Desk: no command "${name}"`);
    };
    Desk.zhixin = true;
    w.Desk = Desk;
    build();
    for (const args of before?.q ?? []) Desk(...Array.from(args));
})();
