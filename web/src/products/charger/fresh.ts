// SPDX-License-Identifier: Apache-2.0
// What a page shows of the hub, kept fresh: asked for again now and then while somebody looks, and at once when the hub
// tells that a charger has changed. What came last stays until something newer does.
import { useEffect, useRef, useState } from 'preact/hooks';
import { devices } from '../../hub/fleet';
import { reach } from '../../hub/live';
import { part } from '../../shell/product';

export interface Fresh<T> { value: T | null; failure: (Error & { status?: number }) | null; again: () => void; put: (value: T) => void }

/** every_ms 0: only when asked. `deps`: with another of them it is something else that is asked for. */
export function useFresh<T>(load: () => Promise<T>, every_ms: number, deps: unknown[], sign = ''): Fresh<T> {
    const [value, setValue] = useState<T | null>(null);
    const [failure, setFailure] = useState<Error | null>(null);
    const again = useRef<() => void>(() => {});
    const { state } = reach.value;

    useEffect(() => {
        let over = false;
        let busy = false;
        let due = false;
        let timer = 0;
        async function look() {
            clearTimeout(timer);
            if (busy) return void (due = true);
            busy = true;
            due = false;
            if (!document.hidden)
                await load().then((now) => over || (setValue(() => now), setFailure(null)), (error) => over || setFailure(error as Error));
            busy = false;
            if (over) return;
            if (due) void look();
            else if (every_ms) timer = setTimeout(look, every_ms) as unknown as number;
        }
        again.current = () => void look();
        if (state !== 'lost') void look();
        return () => ((over = true), clearTimeout(timer));
    }, [...deps, state]);

    const first = useRef(true);
    useEffect(() => {
        if (!first.current) again.current();
        first.current = false;
    }, [sign]);
    return { value, failure, again: () => again.current(), put: (now) => setValue(() => now) };
}

/** Changes with what the hub's events tell of a charger, or of all of them. */
export function signOf(identity?: string): string {
    const some = identity ? [devices.value[identity]].filter(Boolean) : Object.values(devices.value).filter((device) => device.type === 'charger');
    return JSON.stringify(some.map((device) => [device.device_id, device.connectivity, device.condition, device.health?.fault, part(device, 'charger'), identity && device.last_seen_at_ms]));
}
