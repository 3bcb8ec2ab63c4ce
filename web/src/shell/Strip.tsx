// SPDX-License-Identifier: Apache-2.0
// One metric over time: mean as a line, the span from lowest to highest as a band, holes hatched with
// their length and with how many readings are missing.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Point } from '../hub/api';
import { now } from '../hub/clock';
import { devices } from '../hub/fleet';
import { clock, count, duration, number, plural, since } from './format';
import { missing, type Gap } from './gaps';
import type { Metric } from './product';
import { useSeries, type Series } from './series';
import { colorOf, look } from './theme';

interface Props { id: string; metric: Metric; hours: number; axis: boolean; zoomed: boolean; onZoom: () => void }

const HEIGHT = 92;
const AXIS = 28;

/** Columns of time, mean, least and greatest; a hole is a row of nothing, so that no line crosses it. */
function toData(points: Point[], gaps: Gap[], end_ms: number, step: boolean): uPlot.AlignedData {
    const rows: [number, ...(number | null)[]][] = points.map(([at, ...values]) => [at / 1000, ...values]);
    for (const [from, to] of gaps) rows.push([(from + to) / 2000, null, null, null]);
    const last = points[points.length - 1];
    if (step && last) rows.push([Math.max(end_ms, last[0] + 1) / 1000, last[1], last[1], last[1]]);
    rows.sort((a, b) => a[0] - b[0]);
    return [0, 1, 2, 3].map((column) => rows.map((row) => row[column])) as unknown as uPlot.AlignedData;
}

/** Times of a grid in the reader's own way: the clock, or the day when the lines are days apart. */
export function times(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
    const format: Intl.DateTimeFormatOptions = step >= 86400 ? { day: 'numeric', month: 'short' } : step >= 60 ? { hour: '2-digit', minute: '2-digit' } : { timeStyle: 'medium' };
    return splits.map((at_s) => new Date(at_s * 1000).toLocaleString([], format));
}

/** The scale shows a little more than the values and never less than the metric's least span. */
function scaleOf({ span, least = 1 }: Metric): uPlot.Scale.Range {
    if (span) return span;
    return (_, low, high) => {
        if (low === null || high === null || low === undefined) return [0, least];
        const room = Math.max(least - (high - low), (high - low) * 0.16) / 2;
        return [low - room, high + room];
    };
}

/** "12 min, about 72 readings" */
const lost = (length_ms: number, readings: number | null): string =>
    `${duration(length_ms)}${readings === null ? '' : `, about ${plural(readings, 'reading', 'readings')}`}`;

const lostIn = (gap: Gap, interval_ms: number | null): string => lost(gap[1] - gap[0], interval_ms === null ? null : missing(gap, interval_ms));

/** Stripes over every hole and, where there is room, what is missing in it. */
export function hatch(plot: uPlot, { gaps, interval_ms }: Pick<Drawing, 'gaps' | 'interval_ms'>, { line, text, ground }: Record<'line' | 'text' | 'ground', string>): void {
    const { ctx, bbox } = plot;
    const px = devicePixelRatio;
    for (const gap of gaps) {
        const left = Math.max(plot.valToPos(gap[0] / 1000, 'x', true), bbox.left);
        const right = Math.min(plot.valToPos(gap[1] / 1000, 'x', true), bbox.left + bbox.width);
        if (right <= left) continue;
        ctx.save();
        ctx.beginPath();
        ctx.rect(left, bbox.top, right - left, bbox.height);
        ctx.clip();
        ctx.strokeStyle = line;
        ctx.lineWidth = px;
        for (let x = left - bbox.height; x < right; x += 7 * px) {
            ctx.moveTo(x, bbox.top + bbox.height);
            ctx.lineTo(x + bbox.height, bbox.top);
        }
        ctx.stroke();
        ctx.font = `${11 * px}px system-ui, sans-serif`;
        ctx.textAlign = 'center';
        const label = [`${lostIn(gap, interval_ms)} missing`, interval_ms === null ? `${duration(gap[1] - gap[0])} missing` : `${duration(gap[1] - gap[0])}, ${count(missing(gap, interval_ms))} missing`, duration(gap[1] - gap[0])]
            .find((words) => ctx.measureText(words).width + 14 * px < right - left);
        if (label) {
            const width = ctx.measureText(label).width + 10 * px;
            const middle = (left + right) / 2;
            ctx.fillStyle = ground;
            ctx.fillRect(middle - width / 2, bbox.top + bbox.height / 2 - 9 * px, width, 18 * px);
            ctx.fillStyle = text;
            ctx.fillText(label, middle, bbox.top + bbox.height / 2 + 4 * px);
        }
        ctx.restore();
    }
}

interface Pointed { index: number; at_ms: number }
interface Drawing { gaps: Gap[]; interval_ms: number | null; onCursor: (at: Pointed | null) => void; onZoom: () => void }

/** Where the cursor is: the nearest row, and the time itself. */
function pointedAt({ cursor, posToVal }: uPlot): Pointed | null {
    if (cursor.idx == null || cursor.left == null || cursor.left < 0) return null;
    return { index: cursor.idx, at_ms: posToVal(cursor.left, 'x') * 1000 };
}

function options({ metric, axis }: Props, element: HTMLElement, live: Drawing): uPlot.Options {
    const color = colorOf(element, metric.color);
    const lines = { stroke: colorOf(element, '--text-3'), grid: { stroke: colorOf(element, '--c-grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const colors = { line: colorOf(element, '--c-gap'), text: colorOf(element, '--text-2'), ground: colorOf(element, '--surface') };
    return {
        width: element.clientWidth,
        height: HEIGHT + (axis ? AXIS : 0),
        padding: [10, 26, axis ? 0 : 10, 0],
        cursor: { sync: { key: 'history' }, y: false, points: { size: 7 } },
        legend: { show: false },
        scales: { x: { time: true }, y: { range: scaleOf(metric) } },
        axes: [
            { ...lines, values: axis ? times : () => [], space: 76, size: axis ? AXIS : 0 },
            { ...lines, size: 44, space: 24, values: (plot, ticks) => (plot.data[0].length ? ticks.map((tick) => tick.toLocaleString()) : []) },
        ],
        series: [
            {},
            {
                label: metric.label, stroke: color, width: 1.75, spanGaps: false,
                paths: metric.step ? uPlot.paths.stepped!({ align: 1 }) : undefined,
                points: { show: (_, __, first, last) => !metric.step && last - first < 20, size: 5, fill: color },
            },
            { stroke: 'transparent', points: { show: false } },
            { stroke: 'transparent', points: { show: false } },
        ],
        bands: metric.step ? [] : [{ series: [3, 2], fill: `color-mix(in srgb, ${color} 16%, transparent)` }],
        hooks: {
            draw: [(plot) => hatch(plot, live, colors)],
            setSelect: [(plot) => plot.select.width > 0 && live.onZoom()],
            setCursor: [(plot) => live.onCursor(pointedAt(plot))],
        },
    };
}

function summary({ decimals, unit, step }: Metric, points: Point[]): string {
    if (points.length === 0) return 'nothing in this time';
    const low = Math.min(...points.map((p) => p[2]));
    const high = Math.max(...points.map((p) => p[3]));
    const mean = points.reduce((sum, p) => sum + p[1], 0) / points.length;
    const span = `${number(low, decimals, '')} to ${number(high, decimals, unit)}`;
    return step ? span : `mean ${number(mean, decimals, '')}, ${span}`;
}

/** "2 gaps, 24 min, about 144 readings missing" */
function gapSummary({ gaps, interval_ms }: Series): string {
    if (gaps.length === 0) return '';
    const length_ms = gaps.reduce((sum, [from, to]) => sum + to - from, 0);
    const readings = interval_ms === null ? null : gaps.reduce((sum, gap) => sum + missing(gap, interval_ms), 0);
    return `${plural(gaps.length, 'gap', 'gaps')}, ${lost(length_ms, readings)} missing`;
}

/** What stands at the cursor; null where nothing can be said. */
function pointedWords({ gaps, interval_ms }: Series, at: Pointed | null, data: uPlot.AlignedData | undefined): { value: number | null; words: string } | null {
    if (!at || !data || data[0][at.index] === undefined) return null;
    const gap = gaps.find(([from, to]) => at.at_ms > from && at.at_ms < to);
    if (gap) return { value: null, words: `nothing from ${since(gap[0])} to ${since(gap[1])}: ${lostIn(gap, interval_ms)} missing` };
    return { value: data[1][at.index] ?? null, words: `at ${clock(data[0][at.index] * 1000)}` };
}

export function Strip(props: Props) {
    const { id, metric, hours, axis, zoomed } = props;
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const live = useRef<Drawing>({ gaps: [], interval_ms: null, onCursor: () => {}, onZoom: () => {} }).current;
    const end_ms = now.value;
    const series = useSeries(id, metric.metric, hours, end_ms, metric.step === true);
    const { points } = series;
    const [cursor, setCursor] = useState<Pointed | null>(null);
    Object.assign(live, { gaps: series.gaps, interval_ms: series.interval_ms, onCursor: setCursor, onZoom: props.onZoom });

    useEffect(() => {
        const element = box.current!;
        const made = new uPlot(options(props, element, live), [[], [], [], []], element);
        plot.current = made;
        const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT + (axis ? AXIS : 0) }));
        watcher.observe(element);
        return () => (watcher.disconnect(), made.destroy());
    }, [id, metric, axis, look.value]);

    // The whole time asked for is shown, also where nothing was measured, and moves on though nothing
    // comes; a zoom stays as it is.
    useEffect(() => {
        const made = plot.current!;
        made.setData(toData(points, live.gaps, end_ms, metric.step === true), false);
        const dragging = made.select.width > 0;
        if (!zoomed && !dragging) made.setScale('x', { min: end_ms / 1000 - hours * 3600, max: end_ms / 1000 });
        else made.redraw();
    }, [points, hours, zoomed, end_ms, series.interval_ms, look.value]);

    const pointed = pointedWords(series, cursor, plot.current?.data);
    const failure = points.length === 0 ? series.failure : '';
    const whole = failure || (series.loaded || points.length ? summary(metric, points) : 'Loading…');
    const holes = gapSummary(series);
    const device = devices.value[id];
    const value = pointed ? pointed.value : (device && metric.now?.(device)) ?? points[points.length - 1]?.[1];
    return (
        <section class="strip">
            <header>
                <h3><i class="key" style={{ color: `var(${metric.color})` }} />{metric.label}</h3>
                <span class="val num">{number(value, metric.decimals, metric.unit)}</span>
                <p class={failure ? 'failure' : ''}>{pointed?.words ?? whole}</p>
                {holes && !pointed && <p class="gaps">{holes}</p>}
            </header>
            <div class="plot" ref={box} role="img" aria-label={`${metric.label} over ${hours} hours: ${[whole, holes].filter(Boolean).join('; ')}`} />
        </section>
    );
}
