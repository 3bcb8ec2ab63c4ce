// SPDX-License-Identifier: Apache-2.0
// One tab at a time. Web Locks where there are any; a page that is served by plain HTTP from another
// machine has none, and takes a lease in the browser's database instead.

const LEASE_MS = 15000; // longer than what is done under it may take; a tab that crashed leaves it behind
const LOOK_MS = 60;
const SETTLE_MS = 60;   // until what the tab before wrote into local storage is surely seen
const LEASES = 'leases';

interface Lease { holder: string; until_ms: number }

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let opened: Promise<IDBDatabase> | null = null;

function database(): Promise<IDBDatabase> {
    return (opened ??= new Promise((resolve, reject) => {
        const asked = indexedDB.open('roost-locks', 1);
        asked.onupgradeneeded = () => void asked.result.createObjectStore(LEASES);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
    }));
}

/** Looks at the lease and puts another in its place (null: none, undefined: it stays), in one transaction:
 *  the browser lets one tab at a time into it. Whether it was changed. */
async function exchange(name: string, next: (now: Lease | undefined) => Lease | null | undefined): Promise<boolean> {
    const transaction = (await database()).transaction(LEASES, 'readwrite');
    const store = transaction.objectStore(LEASES);
    return new Promise((resolve, reject) => {
        let changed = false;
        const now = store.get(name);
        now.onsuccess = () => {
            const lease = next(now.result as Lease | undefined);
            changed = lease !== undefined;
            if (lease) store.put(lease, name);
            else if (changed) store.delete(name);
        };
        transaction.oncomplete = () => resolve(changed);
        transaction.onabort = () => reject(transaction.error);
    });
}

async function leased<T>(name: string, run: () => Promise<T>): Promise<T> {
    const me = Math.random().toString(36).slice(2);
    const gone = `${name}-gone`; // the last that was closed in the middle
    const taken = (lease: Lease | undefined) => lease && lease.until_ms > Date.now() && lease.holder !== localStorage.getItem(gone);
    while (!(await exchange(name, (lease) => (taken(lease) ? undefined : { holder: me, until_ms: Date.now() + LEASE_MS }))))
        await pause(LOOK_MS * (1 + Math.random()));
    // There is no time for a transaction then, and nobody is to wait for a tab that is closed.
    const leave = () => localStorage.setItem(gone, me);
    addEventListener('pagehide', leave);
    try {
        await pause(SETTLE_MS);
        return await run();
    } finally {
        removeEventListener('pagehide', leave);
        await exchange(name, (lease) => (lease?.holder === me ? null : undefined));
    }
}

/** Runs it when no other tab runs something of this name. */
export async function exclusively<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (!navigator.locks) return leased(name, run);
    let result!: T;
    await navigator.locks.request(name, async () => void (result = await run()));
    return result;
}
