// SPDX-License-Identifier: Apache-2.0
// The hub's event stream: server-sent events read with fetch, because EventSource cannot send the
// access token. Reconnects with growing delays; after each connection the listener is told to load
// the present state, so that nothing missed in between stays missed. A tab that nobody sees gives its
// stream back after a while: a browser has six connections to a hub for all of its tabs.
import { signal } from '@preact/signals';
import { request } from './api';
import { hubNow, tick } from './clock';
import { ApiError } from './http';

export interface LiveEvent { event: string; data: Record<string, unknown> }

/** lost: the hub did not answer; since when nothing has come from it, and why. */
export type Reach = { state: 'connecting' | 'live' } | { state: 'lost'; since_ms: number; why: string };

export const reach = signal<Reach>({ state: 'connecting' });

const SILENT_MS = 40000; // the hub says something every 15 s
const HIDDEN_MS = 30000;
const DELAY_MAX_MS = 10000;
const BUSY_MAX_MS = 60000; // of what a busy hub asks to wait

let heard_ms = hubNow();
let retry: (() => void) | null = null;

/** Does not wait for the next try. */
export const retryNow = (): void => retry?.();

addEventListener('online', retryNow);

function parse(block: string): LiveEvent | null {
    let event = 'message';
    let data = '';
    for (const line of block.split('\n')) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) data += line.slice(5).trim();
    }
    try {
        return data ? { event, data: JSON.parse(data) } : null;
    } catch {
        return null;
    }
}

/** Splits what comes into events. */
function splitter(onEvent: (event: LiveEvent) => void): (piece: string) => void {
    let text = '';
    return (piece) => {
        text += piece.replaceAll('\r', '');
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
            const event = parse(text.slice(0, end));
            text = text.slice(end + 2);
            if (event) onEvent(event);
        }
    };
}

async function read(signal: AbortSignal, onEvent: (event: LiveEvent) => void, onOpen: () => void): Promise<void> {
    const silent = new AbortController();
    const expire = () => silent.abort(new ApiError(0, 'The hub has fallen silent.'));
    let timer = setTimeout(expire, SILENT_MS);
    try {
        const response = await request('GET', '/api/v1/events', undefined, AbortSignal.any([signal, silent.signal]));
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        const take = splitter(onEvent);
        tick();
        reach.value = { state: 'live' };
        onOpen();
        for (;;) {
            const { value, done } = await reader.read().catch((error) => {
                if (!silent.signal.aborted) heard_ms = hubNow();
                throw error;
            });
            heard_ms = hubNow();
            clearTimeout(timer);
            timer = setTimeout(expire, SILENT_MS);
            if (done) return;
            take(value);
        }
    } finally {
        clearTimeout(timer);
    }
}

/** Ends when the tab has been out of sight for a while. */
function unseen(): { signal: AbortSignal; done: () => void } {
    const controller = new AbortController();
    let timer = 0;
    const look = () => {
        clearTimeout(timer);
        if (document.hidden) timer = setTimeout(() => controller.abort(), HIDDEN_MS) as unknown as number;
    };
    document.addEventListener('visibilitychange', look);
    look();
    return { signal: controller.signal, done: () => (clearTimeout(timer), document.removeEventListener('visibilitychange', look)) };
}

function seen(): Promise<void> {
    return new Promise((resolve) => {
        const look = () => {
            if (document.hidden) return;
            document.removeEventListener('visibilitychange', look);
            resolve();
        };
        document.addEventListener('visibilitychange', look);
        look();
    });
}

function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
        retry = resolve;
        setTimeout(resolve, ms);
    });
}

async function keepListening(stop: AbortSignal, onEvent: (event: LiveEvent) => void, onOpen: () => void): Promise<void> {
    let delay = 250;
    while (!stop.aborted) {
        await seen();
        const hidden = unseen();
        let opened = false;
        const error = await read(AbortSignal.any([stop, hidden.signal]), onEvent, () => ((opened = true), onOpen())).then(
            () => new ApiError(0, ''), (reason) => reason as Error);
        hidden.done();
        if (stop.aborted) return;
        if (hidden.signal.aborted) {
            reach.value = { state: 'connecting' };
            continue;
        }
        // A stream that ended is tried again first: only a hub that does not answer is lost.
        if (opened) delay = 250;
        else reach.value = { state: 'lost', since_ms: heard_ms, why: error.message };
        const asked_ms = error instanceof ApiError ? Math.min(error.retry_ms, BUSY_MAX_MS) : 0;
        await pause(Math.max(asked_ms, delay * (0.5 + Math.random() / 2)));
        delay = Math.min(delay * 2, DELAY_MAX_MS);
    }
}

/** Listens until the returned function is called. */
export function listen(onEvent: (event: LiveEvent) => void, onOpen: () => void): () => void {
    const controller = new AbortController();
    heard_ms = hubNow();
    reach.value = { state: 'connecting' };
    void keepListening(controller.signal, onEvent, onOpen);
    return () => controller.abort();
}
