-- SPDX-License-Identifier: Apache-2.0
-- Accounts: shops, staff, proofs of who somebody is, settings with a history, the audit log.
-- Times are milliseconds since 1970 UTC. Booleans are 0/1. Secrets are kept as hashes (BLAKE2b of a 256-bit token,
-- base64url), passwords as argon2id strings, what must be read back is sealed with data_dir/secret.key.

-- One seller; an installation may serve several, kept apart.
CREATE TABLE shop (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    timezone TEXT NOT NULL,          -- IANA name
    owners_version BIGINT NOT NULL,  -- counts changes of who owns it: two owners cannot demote each other at once
    created_at BIGINT NOT NULL
);

-- A person who works here. `shop_id` is the home shop; membership says what they may do, there and elsewhere.
CREATE TABLE staff (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shop (id),
    login TEXT UNIQUE,               -- lower case, without '@'; NULL: logs in by e-mail
    email TEXT UNIQUE,               -- lower case; NULL: logs in by name
    name TEXT NOT NULL,              -- real name, inside the shop
    nickname TEXT NOT NULL,          -- shown to customers
    number TEXT NOT NULL,            -- work number (gonghao), '' none
    password_hash TEXT,              -- argon2id string; NULL: nobody can log in until a reset link is used
    totp_secret TEXT,                -- sealed; NULL: no second factor
    totp_pending TEXT,               -- sealed; begun, not yet confirmed
    totp_step BIGINT NOT NULL,       -- last used 30-second step: a code works once
    active BIGINT NOT NULL,          -- as in the home shop
    capacity BIGINT NOT NULL,        -- conversations at a time
    max_channels BIGINT NOT NULL,    -- channels at a time (CH-3)
    skills TEXT NOT NULL,            -- JSON array of words
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX staff_shop ON staff (shop_id, id);

CREATE TABLE membership (
    user_id BIGINT NOT NULL REFERENCES staff (id),
    shop_id BIGINT NOT NULL REFERENCES shop (id),
    role TEXT NOT NULL,              -- owner supervisor agent trainer
    active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, shop_id)
);
CREATE INDEX membership_shop ON membership (shop_id, user_id);

-- A logged-in browser. The token turns over; the old one stays good until the new one has been seen, and a minute more.
CREATE TABLE session (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES staff (id),
    shop_id BIGINT NOT NULL,         -- where they are working now
    token_hash TEXT NOT NULL UNIQUE,
    old_hash TEXT UNIQUE,            -- rotated from
    old_until BIGINT NOT NULL,       -- 0: the new token has not been seen yet
    csrf TEXT NOT NULL,              -- worth nothing without the cookie
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,      -- absolute
    address TEXT NOT NULL,
    agent TEXT NOT NULL              -- what the browser calls itself, cut
);
CREATE INDEX session_staff ON session (user_id);
CREATE INDEX session_expires ON session (expires_at);

-- One-time stand-ins for the second factor.
CREATE TABLE recovery_code (
    user_id BIGINT NOT NULL REFERENCES staff (id),
    code_hash TEXT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE invitation (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shop (id),
    email TEXT NOT NULL,             -- lower case
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    accepted_at BIGINT,
    accepted_by BIGINT
);
CREATE INDEX invitation_shop ON invitation (shop_id, id);

CREATE TABLE password_reset (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES staff (id),
    token_hash TEXT NOT NULL UNIQUE,
    created_by BIGINT NOT NULL,      -- 0: the command line
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX password_reset_user ON password_reset (user_id);

CREATE TABLE api_key (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL REFERENCES shop (id),
    user_id BIGINT NOT NULL REFERENCES staff (id), -- acts as this person, never beyond their role
    name TEXT NOT NULL,
    hint TEXT NOT NULL,              -- first characters, to tell keys apart
    key_hash TEXT NOT NULL UNIQUE,
    scopes BIGINT NOT NULL,          -- bits: 1 read, 2 chat, 4 admin
    created_at BIGINT NOT NULL,
    used_at BIGINT,                  -- to the hour
    revoked_at BIGINT
);
CREATE INDEX api_key_shop ON api_key (shop_id, id);

-- Failed log-ins, counted per name and address together, per name, and per address. Rows go after a day.
CREATE TABLE login_attempt (
    bucket TEXT PRIMARY KEY,         -- kind:hash; the words themselves are not kept
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX login_attempt_last ON login_attempt (last_at);

-- Every privileged act. Never passwords, tokens or customers' words.
CREATE TABLE audit (
    id BIGINT PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    actor_id BIGINT,                 -- staff; NULL: nobody logged in, or the program
    actor_role TEXT NOT NULL,
    session_id BIGINT,               -- session or API key
    kind TEXT NOT NULL,              -- noun.verb
    subject_id BIGINT,
    detail TEXT NOT NULL,            -- JSON object
    address TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
CREATE INDEX audit_shop ON audit (shop_id, id);

-- Versioned configuration, append-only: the highest version is in force, the others say what was in force then.
-- shop_id 0 is the installation itself.
CREATE TABLE setting (
    shop_id BIGINT NOT NULL,
    name TEXT NOT NULL,              -- hours, sla, retention, guard, …
    version BIGINT NOT NULL,         -- 1, 2, 3 without gaps
    value TEXT NOT NULL,             -- JSON
    by_user BIGINT,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (shop_id, name, version)
);
