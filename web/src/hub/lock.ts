// SPDX-License-Identifier: Apache-2.0
// One tab at a time. Web Locks where there are any; a page that is served by plain HTTP from another
// machine has none, and takes a lease in local storage instead.

const LEASE_MS = 15000; // longer than what is done under it may take; a tab that died leaves it behind
const SETTLE_MS = 60;   // until a write of another tab is surely seen

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function holder(key: string): string | null {
    const [id, until] = (localStorage.getItem(key) ?? '').split(' ');
    return id && Number(until) > Date.now() ? id : null;
}

async function leased<T>(name: string, run: () => Promise<T>): Promise<T> {
    const key = `${name}-lease`;
    const me = Math.random().toString(36).slice(2);
    for (;;) {
        if (holder(key) === null) {
            localStorage.setItem(key, `${me} ${Date.now() + LEASE_MS}`);
            await pause(SETTLE_MS); // of those who wrote at once the last one has it
            if (holder(key) === me) break;
        }
        await pause(SETTLE_MS * (1 + Math.random()));
    }
    const release = () => {
        if (holder(key) === me) localStorage.removeItem(key);
    };
    addEventListener('pagehide', release); // a tab that is closed in the middle keeps nobody waiting
    try {
        return await run();
    } finally {
        removeEventListener('pagehide', release);
        release();
    }
}

/** Runs it when no other tab runs something of this name. */
export async function exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (!navigator.locks) return leased(name, run);
    let result!: T;
    await navigator.locks.request(name, async () => void (result = await run()));
    return result;
}
