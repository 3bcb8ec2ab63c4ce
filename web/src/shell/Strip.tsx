// SPDX-License-Identifier: Apache-2.0
// One metric over time: mean as a line, the span from lowest to highest as a band, holes hatched with
// their length.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { call, devicePath, type Point } from '../hub/api';
import { arrived } from '../hub/fleet';
import { clock, duration, number } from './format';
import { gapsOf, type Gap } from './gaps';
import type { Metric } from './product';
import { colorOf, dark } from './theme';

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
function times(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
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

function hatch(plot: uPlot, gaps: Gap[], line: string, text: string): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [from, to] of gaps) {
        const left = plot.valToPos(from / 1000, 'x', true);
        const width = plot.valToPos(to / 1000, 'x', true) - left;
        ctx.save();
        ctx.beginPath();
        ctx.rect(left, bbox.top, width, bbox.height);
        ctx.clip();
        ctx.strokeStyle = line;
        ctx.lineWidth = devicePixelRatio;
        for (let x = left - bbox.height; x < left + width; x += 7 * devicePixelRatio) {
            ctx.moveTo(x, bbox.top + bbox.height);
            ctx.lineTo(x + bbox.height, bbox.top);
        }
        ctx.stroke();
        ctx.restore();
        const label = `${duration(to - from)} missing`;
        ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
        if (ctx.measureText(label).width + 12 * devicePixelRatio > width) continue;
        ctx.fillStyle = text;
        ctx.textAlign = 'center';
        ctx.fillText(label, left + width / 2, bbox.top + bbox.height / 2 + 4 * devicePixelRatio);
    }
    ctx.restore();
}

interface Drawing { gaps: Gap[]; onCursor: (index: number | null) => void; onZoom: () => void }

function options({ metric, axis }: Props, element: HTMLElement, live: Drawing): uPlot.Options {
    const color = colorOf(element, metric.color);
    const lines = { stroke: colorOf(element, '--text-3'), grid: { stroke: colorOf(element, '--c-grid'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const gap = colorOf(element, '--c-gap');
    const words = colorOf(element, '--text-2');
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
            draw: [(plot) => hatch(plot, live.gaps, gap, words)],
            setSelect: [(plot) => plot.select.width > 0 && live.onZoom()],
            setCursor: [(plot) => live.onCursor(plot.cursor.left! >= 0 ? plot.cursor.idx ?? null : null)],
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

/** The history, and what comes live; what has left the range goes. */
function usePoints({ id, metric: { metric }, hours }: Props): [Point[], string] {
    const [points, setPoints] = useState<Point[]>([]);
    const [failure, setFailure] = useState('');
    useEffect(() => {
        let current = true;
        const to = Date.now() + 1000;
        const path = `${devicePath(id)}/history?metric=${metric}&from=${to - hours * 3600e3}&to=${to}&points=400`;
        call<{ points: Point[] }>('GET', path).then(
            (history) => current && (setPoints(history.points), setFailure('')),
            (error) => current && setFailure((error as Error).message),
        );
        const unsubscribe = arrived.subscribe((value) => {
            if (value?.device_id !== id || value.metric !== metric) return;
            setPoints((old) => {
                if (old.length > 0 && old[old.length - 1][0] >= value.at_ms) return old;
                const from = Date.now() - hours * 3600e3;
                return [...old.filter((p) => p[0] >= from), [value.at_ms, value.value, value.value, value.value]];
            });
        });
        return () => ((current = false), unsubscribe());
    }, [id, metric, hours]);
    return [points, failure];
}

export function Strip(props: Props) {
    const { id, metric, hours, axis, zoomed } = props;
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const live = useRef<Drawing>({ gaps: [], onCursor: () => {}, onZoom: () => {} }).current;
    const [points, failure] = usePoints(props);
    const [cursor, setCursor] = useState<number | null>(null);
    live.onCursor = setCursor;
    live.onZoom = props.onZoom;

    useEffect(() => {
        const element = box.current!;
        const made = new uPlot(options(props, element, live), [[], [], [], []], element);
        plot.current = made;
        const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT + (axis ? AXIS : 0) }));
        watcher.observe(element);
        return () => (watcher.disconnect(), made.destroy());
    }, [id, metric, axis, dark.value]);

    // The whole time asked for is shown, also where nothing was measured; a zoom stays as it is.
    useEffect(() => {
        const end_ms = Date.now();
        live.gaps = metric.step ? [] : gapsOf(points, end_ms);
        plot.current?.setData(toData(points, live.gaps, end_ms, metric.step === true), false);
        if (!zoomed) plot.current?.setScale('x', { min: end_ms / 1000 - hours * 3600, max: end_ms / 1000 });
        else plot.current?.redraw();
    }, [points, hours, zoomed, dark.value]);

    const data = plot.current?.data;
    const pointed = cursor !== null && data ? data[1][cursor] : undefined;
    const value = pointed !== undefined ? pointed : points[points.length - 1]?.[1];
    const words = failure || summary(metric, points);
    return (
        <section class="strip">
            <header>
                <h3><i class="key" style={{ color: `var(${metric.color})` }} />{metric.label}</h3>
                <span class="val num">{number(value, metric.decimals, metric.unit)}</span>
                <p class={failure ? 'failure' : ''}>{pointed !== undefined && cursor !== null && data ? `at ${clock(data[0][cursor] * 1000)}` : words}</p>
            </header>
            <div class="plot" ref={box} role="img" aria-label={`${metric.label} over ${hours} hours: ${words}`} />
        </section>
    );
}
