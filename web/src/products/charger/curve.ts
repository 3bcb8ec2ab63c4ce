// SPDX-License-Identifier: Apache-2.0
// From samples to curves: power, what it was allowed to be, and the vehicle's state of charge.
import type { Point } from '../../hub/api';
import type { Sample } from './api';

type Value = number | null;
export interface Curves {
    at_ms: number[]; power_w: Value[]; limit_w: Value[]; soc: Value[];
    mean: boolean; // the charger measures no power: it is the energy between two readings over the time between them
}

const ENERGY = 'Energy.Active.Import.Register';
const kilo = (sample: Sample): number => (sample.unit === 'kW' || sample.unit === 'kWh' ? 1000 : 1) * (sample.value ?? 0);

/** Of one measurand at one moment: the whole, or its phases together. */
function sum(samples: Sample[], measurand: string): Value {
    const mine = samples.filter((s) => (s.measurand ?? ENERGY) === measurand && s.value !== null && s.location !== 'EV' && s.location !== 'Inlet');
    const whole = mine.find((s) => !s.phase);
    if (whole) return kilo(whole);
    const phases = mine.filter((s) => /^L[123](-N)?$/.test(s.phase ?? ''));
    return phases.length ? phases.reduce((all, s) => all + kilo(s), 0) : null;
}

/** Power.Offered, or the current that is offered at the voltage that is there. */
function limitOf(samples: Sample[]): Value {
    const offered = sum(samples, 'Power.Offered');
    if (offered !== null) return offered;
    const current = samples.find((s) => s.measurand === 'Current.Offered' && s.value !== null)?.value ?? null;
    const voltage = sum(samples, 'Voltage');
    return current !== null && voltage !== null ? current * voltage : null;
}

/** The mean power that led to each register, from the one before it. */
function meanPower(at_ms: number[], registers: Value[]): Value[] {
    let before = -1;
    return registers.map((wh, i) => {
        if (wh === null) return null;
        const since = before;
        before = i;
        const from = since < 0 ? null : registers[since];
        return from === null || at_ms[i] <= at_ms[since] ? null : Math.max(0, ((wh - from) * 3600e3) / (at_ms[i] - at_ms[since]));
    });
}

export function curvesOf(samples: Sample[]): Curves {
    const moments = new Map<number, Sample[]>();
    for (const sample of samples) {
        if (sample.doubtful) continue;
        const at = moments.get(sample.at_ms);
        if (at) at.push(sample);
        else moments.set(sample.at_ms, [sample]);
    }
    const at_ms = [...moments.keys()].sort((a, b) => a - b);
    const each = (value: (some: Sample[]) => Value) => at_ms.map((at) => value(moments.get(at)!));
    const measured = each((some) => sum(some, 'Power.Active.Import'));
    const mean = measured.every((value) => value === null);
    return {
        at_ms, mean,
        power_w: mean ? meanPower(at_ms, each((some) => sum(some, ENERGY))) : measured,
        limit_w: each(limitOf),
        soc: each((some) => some.find((s) => s.measurand === 'SoC')?.value ?? null),
    };
}

export function last(values: Value[]): Value {
    for (let i = values.length - 1; i >= 0; i--) if (values[i] !== null) return values[i];
    return null;
}

export const first = (values: Value[]): Value => values.find((value) => value !== null) ?? null;

/** As the shell's charts reckon with points, for where nothing was measured. */
export const pointsOf = ({ at_ms, power_w }: Curves): Point[] =>
    at_ms.flatMap((at, i) => (power_w[i] === null ? [] : [[at, power_w[i], power_w[i], power_w[i]] as Point]));
