// SPDX-License-Identifier: Apache-2.0
// The hub's event stream: server-sent events read with fetch, because EventSource cannot send the
// access token. Reconnects with growing delays; after each connection the listener is told to load
// the present state, so that nothing missed in between stays missed.
import { signal } from '@preact/signals';
import { request } from './api';

export interface LiveEvent { event: string; data: Record<string, unknown> }

export const connected = signal(false);

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

async function read(signal: AbortSignal, onEvent: (event: LiveEvent) => void, onOpen: () => void): Promise<void> {
    const response = await request('GET', '/api/v1/events', undefined, signal);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    connected.value = true;
    onOpen();
    for (let text = ''; ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        text += value.replaceAll('\r', '');
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
            const event = parse(text.slice(0, end));
            text = text.slice(end + 2);
            if (event) onEvent(event);
        }
    }
}

/** Listens until the returned function is called. */
export function listen(onEvent: (event: LiveEvent) => void, onOpen: () => void): () => void {
    const controller = new AbortController();
    (async () => {
        for (let delay = 500; !controller.signal.aborted; delay = Math.min(delay * 2, 15000)) {
            await read(controller.signal, onEvent, () => {
                delay = 250;
                onOpen();
            }).catch(() => undefined);
            connected.value = false;
            if (controller.signal.aborted) return;
            await new Promise((resolve) => setTimeout(resolve, delay * (0.5 + Math.random() / 2)));
        }
    })();
    return () => controller.abort();
}
