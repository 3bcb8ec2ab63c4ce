// SPDX-License-Identifier: Apache-2.0
// What the hub says of itself: whether it trusts its own clock. Asked now and then while somebody looks,
// which also keeps the difference of the two clocks known (clock.ts).
import { signal } from '@preact/signals';
import { send } from './http';

const ASK_MS = 60000;

/** Why the hub doubts its clock; "" when it does not. */
export const doubt = signal('');

async function look(): Promise<void> {
    if (document.hidden) return;
    try {
        // Not ready is an answer, too.
        const body = await (await send('GET', '/health/ready')).json();
        const said: unknown = body?.clock_doubt ?? body?.parts?.clock;
        doubt.value = typeof said === 'string' && said !== 'ok' ? said.replace(/^in doubt: /, '') : '';
    } catch {
        // A hub that is away is told of elsewhere.
    }
}

/** Asks until the returned function is called. */
export function startReadiness(): () => void {
    void look();
    const timer = setInterval(look, ASK_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', look);
        doubt.value = '';
    };
}
