// SPDX-License-Identifier: Apache-2.0
// A transaction's power over time, with what it was allowed to be and the vehicle's charge. Holes are hatched.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { clock, number } from '../../shell/format';
import { gapsOf, intervalOf, type Gap } from '../../shell/gaps';
import { hatch, times } from '../../shell/Strip';
import { colorOf, look } from '../../shell/theme';
import { first, last, pointsOf, type Curves } from './curve';
import type { Plan } from './plan';
import { power } from './words';

/** plan: what the charger says it will allow from now on. */
interface Props { curves: Curves; height?: number; end_ms: number; plan?: Plan | null }
interface Live { gaps: Gap[]; interval_ms: number | null; onCursor: (index: number | null) => void }

const kW = (values: (number | null)[]): (number | null)[] => values.map((w) => (w === null ? null : w / 1000));

/** A null is a hole in its line; where a line has no point of its own it is undefined and goes on. */
function toData({ at_ms, power_w, limit_w, soc }: Curves, gaps: Gap[], plan?: Plan | null): uPlot.AlignedData {
    const columns = [kW(power_w), kW(limit_w), soc];
    const rows: [number, ...(number | null | undefined)[]][] = at_ms.map((at, i) => [at / 1000, ...columns.map((column) => column[i]), undefined]);
    for (const [from, to] of gaps) rows.push([(from + to) / 2000, null, null, null, undefined]);
    plan?.at_ms.forEach((at, i) => rows.push([at / 1000, undefined, undefined, undefined, kW([plan.limit_w[i]])[0]]));
    rows.sort((a, b) => a[0] - b[0]);
    return [0, 1, 2, 3, 4].map((column) => rows.map((row) => row[column])) as unknown as uPlot.AlignedData;
}

function options({ curves, height = 240 }: Props, element: HTMLElement, live: Live): uPlot.Options {
    const line = { stroke: colorOf(element, '--text-3'), grid: { stroke: colorOf(element, '--c-grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const colors = { line: colorOf(element, '--c-gap'), text: colorOf(element, '--text-2'), ground: colorOf(element, '--surface') };
    const shows = (values: (number | null)[]) => first(values) !== null;
    const energy = colorOf(element, '--c-pos');
    const stepped = uPlot.paths.stepped!({ align: 1 });
    return {
        width: element.clientWidth, height, padding: [12, shows(curves.soc) ? 0 : 16, 0, 0],
        cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
        legend: { show: false },
        scales: {
            x: { time: true },
            kW: { range: (_, __, high) => [0, Math.max(1, (high ?? 0) * 1.1)] },
            '%': { range: [0, 100] },
        },
        axes: [
            { ...line, values: times, space: 96, size: 28 },
            { ...line, scale: 'kW', size: 48, space: 28, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString()) },
            { ...line, scale: '%', side: 1, size: 44, space: 28, grid: { show: false }, show: shows(curves.soc), values: (_, ticks) => ticks.map((tick) => `${tick}\u202f%`) },
        ],
        series: [
            {},
            {
                label: 'Power', scale: 'kW', stroke: energy, width: 2, fill: `color-mix(in srgb, ${energy} 14%, transparent)`, spanGaps: false,
                paths: curves.mean ? uPlot.paths.stepped!({ align: -1 }) : undefined, points: { show: (_, __, from, to) => to - from < 20, size: 5, fill: energy },
            },
            { label: 'Limit', scale: 'kW', stroke: colorOf(element, '--c-limit'), width: 1.75, dash: [7, 4], paths: stepped, points: { show: false } },
            { label: 'Charge', scale: '%', stroke: colorOf(element, '--c-hum'), width: 1.75, dash: [2, 3], points: { show: false } },
            { label: 'Planned limit', scale: 'kW', stroke: colorOf(element, '--c-limit'), width: 1.25, dash: [2, 3], paths: stepped, points: { show: false } },
        ],
        hooks: {
            draw: [(plot) => hatch(plot, live, colors)],
            setCursor: [({ cursor }) => live.onCursor(cursor.idx == null || cursor.left == null || cursor.left < 0 ? null : cursor.idx)],
        },
    };
}

/** What stands at the cursor, or newest. */
function Legend({ curves, at, plan }: { curves: Curves; plan?: Plan | null; at: { at_ms: number; values: (number | null | undefined)[] } | null }) {
    const entries: [string, string, string, (number | null)[], (v: number | null | undefined) => string][] = [
        [curves.mean ? 'Mean power' : 'Power', '--c-pos', 'solid', kW(curves.power_w), (v) => number(v, 1, 'kW')],
        ['Limit', '--c-limit', 'dashed', kW(curves.limit_w), (v) => number(v, 1, 'kW')],
        ['Vehicle\'s charge', '--c-hum', 'dotted', curves.soc, (v) => number(v, 0, '%')],
        ['Planned limit', '--c-limit', 'dotted', kW(plan?.limit_w.slice(0, 1) ?? []), (v) => number(v, 1, 'kW')],
    ];
    return (
        <ul class="curve-legend">
            {entries.map(([label, color, dash, values, text], i) => first(values) !== null && (
                <li key={label}><i style={{ color: `var(${color})`, borderTopStyle: dash }} />{label} <b class="num">{text(at ? at.values[i] : last(values))}</b></li>
            ))}
            <li class="hint">{at ? `at ${clock(at.at_ms)}` : curves.at_ms.length ? `newest, at ${clock(curves.at_ms[curves.at_ms.length - 1])}` : ''}</li>
        </ul>
    );
}

function summary({ power_w, limit_w, soc, mean }: Curves, plan?: Plan | null): string {
    const known = power_w.filter((w) => w !== null);
    const top = Math.max(0, ...known);
    return [`${mean ? 'Mean power' : 'Power'} up to ${power(top)}, last ${power(last(power_w))}`,
        last(limit_w) !== null && `limit last ${power(last(limit_w))}`,
        last(soc) !== null && `vehicle's charge from ${number(first(soc), 0, '%')} to ${number(last(soc), 0, '%')}`,
        plan && `planned limit from now ${plan.limit_w.slice(0, -1).map(power).join(', then ')}`].filter(Boolean).join('; ');
}

export function Curve(props: Props) {
    const { curves, end_ms, height = 240, plan } = props;
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const [index, setIndex] = useState<number | null>(null);
    const live = useRef<Live>({ gaps: [], interval_ms: null, onCursor: setIndex }).current;
    const points = pointsOf(curves);
    Object.assign(live, { gaps: gapsOf(points, Math.max(end_ms, curves.at_ms[curves.at_ms.length - 1] ?? 0)), interval_ms: intervalOf(points) });
    const shape = `${curves.mean} ${first(curves.soc) !== null}`;

    useEffect(() => {
        const element = box.current!;
        const made = new uPlot(options(props, element, live), toData(curves, live.gaps, plan), element);
        plot.current = made;
        const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
        watcher.observe(element);
        return () => (watcher.disconnect(), made.destroy());
    }, [shape, height, look.value]);
    useEffect(() => void plot.current?.setData(toData(curves, live.gaps, plan)), [curves, plan]);

    const data = index === null ? null : plot.current?.data;
    const at = data && index !== null && data[0][index] !== undefined ? { at_ms: data[0][index] * 1000, values: [data[1][index], data[2][index], data[3][index], data[4][index]] } : null;
    return (
        <div class="curve">
            <Legend curves={curves} at={at} plan={plan} />
            <div class="plot" ref={box} role="img" aria-label={summary(curves, plan)} />
        </div>
    );
}
