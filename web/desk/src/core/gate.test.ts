// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { mayOpen, safeReturn, verdict } from './gate';

const nobody = { setupNeeded: false, role: null };
const agent = { setupNeeded: false, role: 'agent' as const };
const owner = { setupNeeded: false, role: 'owner' as const };

describe('gate', () => {
    it('sends everybody to the set-up while the shop has no owner', () => {
        const fresh = { setupNeeded: true, role: null };
        expect(verdict('/chat', '/chat', {}, fresh)).toEqual({ go: false, path: '/setup' });
        expect(verdict('/setup', '/setup', { open: true }, fresh)).toEqual({ go: true });
    });
    it('closes the set-up afterwards', () => {
        const closed = { go: false, path: '/login' };
        expect(verdict('/setup', '/setup', { open: true }, nobody)).toEqual(closed);
        expect(verdict('/setup', '/setup', { open: true }, owner)).toMatchObject({ path: '/chat' });
    });
    it('asks for a log-in and remembers where to return', () => {
        expect(verdict('/chat/5', '/chat/5?x=1', {}, nobody)).toEqual({
            go: false,
            path: '/login',
            query: { next: '/chat/5?x=1' },
        });
    });
    it('does not show the log-in to somebody who is in', () => {
        expect(verdict('/login', '/login', { open: true }, agent)).toMatchObject({ path: '/chat' });
    });
    it('denies by role, in place', () => {
        const rule = { need: 'owner' as const };
        expect(verdict('/admin/apikeys', '/admin/apikeys', rule, agent)).toEqual({
            go: false,
            denied: 'owner',
        });
        expect(verdict('/admin/apikeys', '/admin/apikeys', rule, owner)).toEqual({ go: true });
    });
    it('ranks trainers with agents', () => {
        expect(mayOpen('trainer', 'supervisor')).toBe(false);
        expect(mayOpen('supervisor', 'supervisor')).toBe(true);
        expect(mayOpen(null, undefined)).toBe(true);
    });
    it.each([
        ['/chat/7?tab=1', '/chat/7?tab=1'],
        ['//evil.example', '/chat'],
        ['/\\evil.example', '/chat'],
        ['https://evil.example', '/chat'],
        ['/login?next=/login', '/chat'],
        [undefined, '/chat'],
        [['/a'], '/chat'],
    ])('return path %s', (from, to) => {
        expect(safeReturn(from)).toBe(to);
    });
});
