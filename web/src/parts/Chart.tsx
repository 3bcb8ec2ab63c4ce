// SPDX-License-Identifier: Apache-2.0
// One metric over time: mean as a line, the span from lowest to highest as a band. Drag to zoom,
// double click (or the button) to see all; the cursors of one page move together.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { call, devicePath, type History, type Metric, type Point } from '../api';
import { arrived } from '../fleet';
import { number } from '../format';

interface Props { id: string; metric: Metric; label: string; unit: string; decimals: number; hours: number; color: string; span?: [low: number, high: number] }

function toData(points: Point[]): uPlot.AlignedData {
    return [points.map((p) => p[0] / 1000), points.map((p) => p[1]), points.map((p) => p[2]), points.map((p) => p[3])];
}

/** Times of a grid in the reader's own way: the clock, or the day when the lines are days apart. */
function times(_: uPlot, splits: number[], __: number, ___: number, step: number): string[] {
    const format: Intl.DateTimeFormatOptions = step >= 86400 ? { day: 'numeric', month: 'short' } : step >= 60 ? { hour: '2-digit', minute: '2-digit' } : { timeStyle: 'medium' };
    return splits.map((at_s) => new Date(at_s * 1000).toLocaleString([], format));
}

function options(props: Props, width: number, style: CSSStyleDeclaration, zoomed: (on: boolean) => void): uPlot.Options {
    const axis = { stroke: style.getPropertyValue('--dim'), grid: { stroke: style.getPropertyValue('--line'), width: 1 }, ticks: { show: false } };
    const color = style.getPropertyValue(props.color);
    return {
        width,
        height: 190,
        padding: [8, 28, 0, 0],
        cursor: { sync: { key: 'device' }, y: false },
        legend: { show: false },
        scales: { x: { time: true }, y: props.span ? { range: props.span } : {} },
        axes: [{ ...axis, values: times, space: 70, size: 32 }, { ...axis, size: 52, values: (_, ticks) => ticks.map((tick) => String(tick)) }],
        series: [
            {},
            { label: props.label, stroke: color, width: 2, points: { show: (_, __, first, last) => last - first < 20, size: 6, fill: color } },
            { stroke: 'transparent', points: { show: false } },
            { stroke: 'transparent', points: { show: false } },
        ],
        bands: [{ series: [3, 2], fill: `color-mix(in srgb, ${color} 18%, transparent)` }],
        hooks: { setSelect: [(plot) => zoomed(plot.select.width > 0)] },
    };
}

function summary(props: Props, points: Point[]): string {
    if (points.length === 0) return `${props.label}: no values in this time`;
    const low = Math.min(...points.map((p) => p[2]));
    const high = Math.max(...points.map((p) => p[3]));
    const text = (value: number) => number(value, props.decimals, props.unit);
    return `${text(points[points.length - 1][1])} now, lowest ${text(low)}, highest ${text(high)}`;
}

export function Chart(props: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const [points, setPoints] = useState<Point[]>([]);
    const [zoomed, setZoomed] = useState(false);
    const [failure, setFailure] = useState('');
    const [dark, setDark] = useState(matchMedia('(prefers-color-scheme: dark)').matches);

    useEffect(() => {
        let current = true;
        const to = Date.now() + 1000;
        const path = `${devicePath(props.id)}/history?metric=${props.metric}&from=${to - props.hours * 3600e3}&to=${to}&points=400`;
        call<History>('GET', path).then(
            (history) => current && (setPoints(history.points), setFailure('')),
            (error) => current && setFailure((error as Error).message),
        );
        return () => void (current = false);
    }, [props.id, props.metric, props.hours]);

    useEffect(() => {
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        const changed = () => setDark(scheme.matches);
        scheme.addEventListener('change', changed);
        return () => scheme.removeEventListener('change', changed);
    }, []);

    useEffect(() => {
        const element = box.current!;
        const made = new uPlot(options(props, element.clientWidth, getComputedStyle(element), setZoomed), toData(points), element);
        plot.current = made;
        const watcher = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 190 }));
        watcher.observe(element);
        return () => (watcher.disconnect(), made.destroy());
    }, [props.id, props.metric, props.hours, dark]);

    // The whole time asked for is shown, also where nothing was measured; a zoom stays as it is.
    function show(all: boolean) {
        plot.current?.setData(toData(points), false);
        if (all) plot.current?.setScale('x', { min: Date.now() / 1000 - props.hours * 3600, max: Date.now() / 1000 });
        else plot.current?.redraw();
    }
    useEffect(() => show(!zoomed), [points, zoomed, dark]);

    // Live values go on the right; what has left the range goes on the left.
    useEffect(
        () =>
            arrived.subscribe((value) => {
                if (value?.device_id !== props.id || value.metric !== props.metric) return;
                setPoints((old) => {
                    if (old.length > 0 && old[old.length - 1][0] >= value.at_ms) return old;
                    const from = Date.now() - props.hours * 3600e3;
                    return [...old.filter((p) => p[0] >= from), [value.at_ms, value.value, value.value, value.value]];
                });
            }),
        [props.id, props.metric, props.hours],
    );

    return (
        <section class="card chart">
            <header>
                <h3>{props.label}</h3>
                <p aria-live="off">{failure || summary(props, points)}</p>
                {zoomed && <button type="button" onClick={() => setZoomed(false)}>Show all</button>}
            </header>
            <div ref={box} role="img" aria-label={`${props.label} over ${props.hours} hours: ${summary(props, points)}`} onDblClick={() => setZoomed(false)} />
        </section>
    );
}
