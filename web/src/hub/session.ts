// SPDX-License-Identifier: Apache-2.0
// The signed-in session, one for all tabs: it lies in the browser's local storage, so signing in or out
// in one tab does so in all. A refresh token is good once and its reuse ends the sign-in, so exactly one
// tab at a time renews; the others find the new tokens when it is their turn.
import { signal } from '@preact/signals';
import { ApiError, failure, send } from './http';
import { exclusively } from './lock';

export interface Session { access_token: string; refresh_token: string; operator: { email: string } }

const KEY = 'roost-session';
const REFRESH_MS = 10000;

function stored(): Session | null {
    try {
        return JSON.parse(localStorage.getItem(KEY) ?? 'null');
    } catch {
        return null;
    }
}

export const session = signal<Session | null>(stored());

// Another tab signed in, signed out or renewed. A null key: the storage was cleared.
addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) session.value = stored();
});

function keep(tokens: Session | null): void {
    if (tokens) localStorage.setItem(KEY, JSON.stringify(tokens));
    else localStorage.removeItem(KEY);
    session.value = tokens;
}

/** The session that replaces one whose access token was refused; null when the sign-in is over. Throws
 *  ApiError when the hub could not say (away, busy): then the session stays. */
export function refreshed(used: Session): Promise<Session | null> {
    return exclusively('roost-refresh', async () => {
        const now = stored();
        session.value = now;
        if (!now || now.access_token !== used.access_token) return now;
        const body = { refresh_token: now.refresh_token };
        const response = await send('POST', '/api/v1/auth/refresh', undefined, body, AbortSignal.timeout(REFRESH_MS)).catch(() => {
            throw new ApiError(0, 'The hub cannot be reached.');
        });
        const tokens = response.ok ? await response.json() : null;
        if (!tokens && response.status !== 401) throw await failure(response);
        // Signed out, or in as somebody else, while the hub was asked: that stays.
        if (stored()?.refresh_token === now.refresh_token) keep(tokens);
        else session.value = stored();
        return session.value;
    });
}

/** The hub refused this session for good; one that another tab began meanwhile stays. */
export function signOutOf(used: Session | null): void {
    if (stored()?.access_token === used?.access_token) keep(null);
}

export async function signIn(email: string, password: string): Promise<void> {
    const response = await send('POST', '/api/v1/auth/login', undefined, { email, password });
    if (!response.ok) throw await failure(response);
    keep(await response.json());
}

export function signOut(): void {
    const token = stored()?.refresh_token;
    if (token) send('POST', '/api/v1/auth/logout', undefined, { refresh_token: token }).catch(() => undefined);
    keep(null);
}
