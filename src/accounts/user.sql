-- SPDX-License-Identifier: Apache-2.0

-- name: get
-- One person as a member of one shop.
SELECT u.id, u.shop_id, u.login, u.email, u.name, u.nickname, u.number, m.role, m.active, u.capacity, u.max_channels, u.skills,
       CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END, u.created_at
FROM membership m JOIN staff u ON u.id = m.user_id WHERE m.user_id = ?1 AND m.shop_id = ?2;

-- name: list
-- Everybody of one shop, people who left too.
SELECT u.id, u.shop_id, u.login, u.email, u.name, u.nickname, u.number, m.role, m.active, u.capacity, u.max_channels, u.skills,
       CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END, u.created_at
FROM membership m JOIN staff u ON u.id = m.user_id WHERE m.shop_id = ?1 ORDER BY u.id LIMIT 5000;

-- name: agents
-- Who may be given conversations: active members whose home is this shop.
SELECT u.id, u.shop_id, u.login, u.email, u.name, u.nickname, u.number, m.role, m.active, u.capacity, u.max_channels, u.skills,
       CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END, u.created_at
FROM membership m JOIN staff u ON u.id = m.user_id
WHERE m.shop_id = ?1 AND u.shop_id = ?1 AND m.active = 1 AND m.role <> 'trainer' ORDER BY u.id LIMIT 5000;

-- name: insert
-- A new person; no row when the log-in name or the e-mail is taken.
INSERT INTO staff (id, shop_id, login, email, name, nickname, number, password_hash, totp_secret, totp_pending, totp_step, active,
                   capacity, max_channels, skills, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL, NULL, 0, 1, ?9, ?10, ?11, ?12, ?12)
ON CONFLICT DO NOTHING;

-- name: join
-- Makes somebody a member; no row when they already are.
INSERT INTO membership (user_id, shop_id, role, active, created_at) VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT DO NOTHING;

-- name: update
-- The changeable fields of a person, by their home shop only.
UPDATE staff SET name = ?3, nickname = ?4, number = ?5, capacity = ?6, max_channels = ?7, skills = ?8, updated_at = ?9
WHERE id = ?1 AND shop_id = ?2;

-- name: update_login
-- By the home shop only; no row when another person has that name or address.
UPDATE staff SET login = ?3, email = ?4, updated_at = ?5
WHERE id = ?1 AND shop_id = ?2
  AND NOT EXISTS (SELECT 1 FROM staff o WHERE o.id <> ?1 AND (o.login = ?3 OR o.email = ?4));

-- name: update_self
-- What anybody may change of themselves.
UPDATE staff SET name = ?2, nickname = ?3, updated_at = ?4 WHERE id = ?1;

-- name: member_update
-- Role and activity in one shop.
UPDATE membership SET role = ?3, active = ?4 WHERE user_id = ?1 AND shop_id = ?2;

-- name: mirror_active
-- staff.active says what holds in the home shop.
UPDATE staff SET active = ?3, updated_at = ?4 WHERE id = ?1 AND shop_id = ?2;

-- name: by_login
-- For the log-in: any shop. Both forms of the name are unique in the installation.
SELECT id, shop_id, login, email, name, password_hash, totp_secret, totp_step FROM staff WHERE login = ?1 OR email = ?1;

-- name: proof
-- The same by id: for who must prove themselves again.
SELECT id, shop_id, login, email, name, password_hash, totp_secret, totp_step FROM staff WHERE id = ?1;

-- name: first_shop
-- Where somebody starts to work: home, else the oldest shop that has them.
SELECT m.shop_id FROM membership m JOIN staff u ON u.id = m.user_id
WHERE m.user_id = ?1 AND m.active = 1 ORDER BY CASE WHEN m.shop_id = u.shop_id THEN 0 ELSE 1 END, m.shop_id LIMIT 1;

-- name: password
-- A new password.
UPDATE staff SET password_hash = ?2, updated_at = ?3 WHERE id = ?1;

-- name: home_of
-- Home shop, for acts that only the home shop may do; must be a member of the acting shop.
SELECT u.shop_id FROM staff u JOIN membership m ON m.user_id = u.id WHERE u.id = ?1 AND m.shop_id = ?2;

-- name: list_installation
-- Everybody of the installation with each membership: the command line only.
SELECT u.id, m.shop_id, u.login, u.email, u.name, u.nickname, u.number, m.role, m.active, u.capacity, u.max_channels, u.skills,
       CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END, u.created_at
FROM staff u JOIN membership m ON m.user_id = u.id ORDER BY m.shop_id, u.id LIMIT 10000;
