// SPDX-License-Identifier: Apache-2.0
// What a chart shows: the hub's history, what comes live, and the history anew for what no event tells,
// which is what devices kept while they were away and sent afterwards.
import { useEffect, useRef, useState } from 'preact/hooks';
import { devicePath, request, type Point } from '../hub/api';
import { hubNow, tick } from '../hub/clock';
import { arrived, devices, type Arrival } from '../hub/fleet';
import { reach } from '../hub/live';
import { spanOf, withReading, type Span } from './buckets';
import { gapsOf, intervalOf, type Gap } from './gaps';

export interface Series {
    points: Point[];
    gaps: Gap[];
    interval_ms: number | null; // between two readings, where it is known
    failure: string;
    loaded: boolean;
}
interface Known { points: Point[]; span: Span; failure: string; loaded: boolean }

const LOAD_MS = 30000;
const AGAIN_LEAST_MS = 10000;
const AGAIN_MOST_MS = 60000;
const SOON_MS = 1000;    // after a sign that more has come
const STORING_MS = 5000; // until what arrived is surely in the history
const FINE_MS = 3600e3;
const FINE_STEP_MS = 250;

/** Ends with the signal, at the hub, too. */
async function history(id: string, metric: string, { from_ms, to_ms, points }: Omit<Span, 'bucket_ms'>, signal: AbortSignal): Promise<Point[]> {
    const path = `${devicePath(id)}/history?metric=${metric}&from=${from_ms}&to=${to_ms}&points=${points}`;
    return (await (await request('GET', path, undefined, signal)).json()).points;
}

const nothingYet = (hours: number): Known => ({ points: [], span: spanOf(hours, hubNow()), failure: '', loaded: false });

/** What tells that more may be stored than events said: the hub is back, the device is, its store empties. */
function sign(id: string): string {
    const device = devices.value[id];
    return `${reach.value.state === 'live'} ${device?.connectivity} ${device?.health?.journal_waiting}`;
}

function useHistory(id: string, metric: string, hours: number): Known {
    const [known, setKnown] = useState<Known>(() => nothingYet(hours));
    const soon = useRef<() => unknown>(() => {});

    useEffect(() => {
        const over = new AbortController();
        let timer = 0;
        let busy = false;
        let due = false; // sooner than usual
        let recent: (Arrival & { heard_ms: number })[] = [];

        async function load() {
            due = false;
            busy = true;
            const span = spanOf(hours, hubNow());
            const asked_ms = Date.now();
            try {
                const points = await history(id, metric, span, AbortSignal.any([over.signal, AbortSignal.timeout(LOAD_MS)]));
                recent = recent.filter((value) => value.heard_ms > asked_ms - STORING_MS);
                setKnown({ points: recent.reduce((all, value) => withReading(all, span, value.at_ms, value.value), points), span, failure: '', loaded: true });
            } catch (error) {
                if (over.signal.aborted) return;
                setKnown((old) => ({ ...old, failure: (error as Error).message, loaded: true }));
            }
            busy = false;
            again(due ? SOON_MS : Math.min(Math.max(span.bucket_ms, AGAIN_LEAST_MS), AGAIN_MOST_MS));
        }
        function again(ms: number): void {
            clearTimeout(timer);
            timer = setTimeout(() => (document.hidden ? again(AGAIN_LEAST_MS) : void load()), ms) as unknown as number;
        }
        soon.current = () => (busy ? (due = true) : again(SOON_MS));
        const before = arrived.peek();

        setKnown(nothingYet(hours));
        void load();
        const unsubscribe = arrived.subscribe((value) => {
            if (value === before || value?.device_id !== id || value.metric !== metric) return;
            recent.push({ ...value, heard_ms: Date.now() });
            tick();
            setKnown((old) => ({ ...old, points: withReading(old.points, old.span, value.at_ms, value.value) }));
        });
        return () => (over.abort(), clearTimeout(timer), unsubscribe());
    }, [id, metric, hours]);

    const state = sign(id);
    const shown = useRef(state);
    useEffect(() => {
        if (shown.current !== state) soon.current();
        shown.current = state;
    }, [state]);
    return known;
}

/** How often it measures, where the points on show are too coarse to tell: from its newest hour, read finely. */
function useInterval(id: string, metric: string, { points, span }: Known, wanted: boolean): number | null {
    const coarse = intervalOf(points, span.bucket_ms);
    const [fine, setFine] = useState<number | null>(null);
    const ask = wanted && coarse === null && points.length > 0;
    useEffect(() => {
        if (!ask) return;
        const to_ms = points[points.length - 1][0] + span.bucket_ms;
        const from_ms = to_ms - Math.max(Math.min(20 * span.bucket_ms, FINE_MS), span.bucket_ms);
        const some = { from_ms, to_ms, points: Math.min(5000, Math.ceil((to_ms - from_ms) / FINE_STEP_MS)) };
        const over = new AbortController();
        history(id, metric, some, over.signal).then((read) => setFine(intervalOf(read)), () => undefined);
        return () => over.abort();
    }, [id, metric, ask]);
    return coarse ?? fine;
}

/** `held`: a value holds until the next, so that nothing is ever missing. */
export function useSeries(id: string, metric: string, hours: number, end_ms: number, held: boolean): Series {
    const known = useHistory(id, metric, hours);
    const begin_ms = Math.max(end_ms - hours * 3600e3, devices.value[id]?.registered_at_ms ?? 0);
    const gaps = held ? [] : gapsOf(known.points, end_ms, { bucket_ms: known.span.bucket_ms, begin_ms });
    return { ...known, gaps, interval_ms: useInterval(id, metric, known, gaps.length > 0) };
}
