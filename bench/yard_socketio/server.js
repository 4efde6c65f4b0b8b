// SPDX-License-Identifier: Apache-2.0
// Yardstick 3: the chat server that a typical developer writes with socket.io and better-sqlite3.
// Every message is its own transaction (WAL, synchronous=FULL), then acknowledged and emitted to
// the agents' room. usage: node server.js DATABASE [FULL|NORMAL]; prints {"port":N}.
"use strict";

const http = require("node:http");
const Database = require("better-sqlite3");
const { Server } = require("socket.io");

const [path, synchronous = "FULL"] = process.argv.slice(2);
if (!path || !["FULL", "NORMAL"].includes(synchronous)) {
  console.error("usage: node server.js DATABASE [FULL|NORMAL]");
  process.exit(2);
}

const db = new Database(path);
db.pragma("journal_mode = WAL");
db.pragma(`synchronous = ${synchronous}`);
db.exec(`
  CREATE TABLE IF NOT EXISTS conversation (
    id INTEGER PRIMARY KEY, room TEXT NOT NULL UNIQUE, last_seq INTEGER NOT NULL, updated_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, conversation INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS message_by_conversation ON message (conversation, seq);
`);
const open = db.prepare("INSERT INTO conversation (room, last_seq, updated_at) VALUES (?, 0, ?) ON CONFLICT (room) DO NOTHING");
const touch = db.prepare("UPDATE conversation SET last_seq = last_seq + 1, updated_at = ? WHERE room = ? RETURNING id, last_seq");
const insert = db.prepare("INSERT INTO message (conversation, seq, at, body) VALUES (?, ?, ?, ?)");
const store = db.transaction((room, text, now) => {
  let row = touch.get(now, room);
  if (!row) {
    open.run(room, now);
    row = touch.get(now, room);
  }
  insert.run(row.id, row.last_seq, now, text);
  return row.last_seq;
});

const server = http.createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end('{"status":"ok"}');
});
const io = new Server(server);
io.on("connection", (socket) => {
  socket.on("listen", () => socket.join("agents"));
  socket.on("message", (message, done) => {
    if (typeof message?.room !== "string" || typeof message?.text !== "string" || typeof done !== "function") return;
    const at = Date.now();
    const seq = store.immediate(message.room, message.text, at);
    done({ seq, at });
    io.to("agents").emit("message", { room: message.room, seq, at, text: message.text });
  });
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    db.close();
    process.exit(0);
  });
}
