// SPDX-License-Identifier: Apache-2.0
// One transaction with all its samples; of one that runs only what is new is asked for.
import { useMemo, useRef } from 'preact/hooks';
import { getTransaction, type Sample, type TransactionWhole } from './api';
import { curvesOf, type Curves } from './curve';
import { useFresh, type Fresh } from './fresh';

const ASKS = 8; // of 5,000 samples each
const RUNNING_MS = 4000;

async function load(id: number | string, known: Sample[]): Promise<TransactionWhole> {
    let samples = known;
    for (let asked = 1; ; asked++) {
        const page = await getTransaction(id, samples[samples.length - 1]?.at_ms);
        samples = page.samples.length ? [...samples, ...page.samples] : samples;
        if (!page.more_samples || page.samples.length === 0 || asked === ASKS) return { ...page, samples };
    }
}

export function useTransaction(id: number | string, sign: string): Fresh<TransactionWhole> & { curves: Curves | null } {
    const known = useRef<Sample[]>([]);
    const over = useRef(false);
    const fresh = useFresh(async () => {
        // Once more from the beginning when it has ended: what was late lies between what is known.
        const whole = await load(id, known.current);
        const ended = whole.state !== 'open' && !over.current;
        over.current = whole.state !== 'open';
        const all = ended && known.current.length ? await load(id, []) : whole;
        known.current = all.samples;
        return all;
    }, over.current ? 0 : RUNNING_MS, [id, over.current], sign);
    const curves = useMemo(() => fresh.value && curvesOf(fresh.value.samples), [fresh.value?.samples]);
    return { ...fresh, curves };
}
