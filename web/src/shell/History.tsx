// SPDX-License-Identifier: Apache-2.0
// What a device measured over time: one strip a metric, one time for all. Drag to zoom, double click or
// the button to see all; the cursors of the strips move together.
import { useState } from 'preact/hooks';
import { Card } from './Card';
import { Strip } from './Strip';
import type { Metric } from './product';
import { route, setQuery } from './router';
import { Segments } from './Segments';

const RANGES: [hours: number, label: string][] = [[1, '1 hour'], [6, '6 hours'], [24, '1 day'], [168, '1 week'], [720, '30 days']];

export function History({ id, metrics }: { id: string; metrics: Metric[] }) {
    const [zoomed, setZoomed] = useState(false);
    const asked = Number(route.value.query.get('hours'));
    const hours = RANGES.some(([value]) => value === asked) ? asked : 1;
    const all = () => setZoomed(false);
    const tools = (
        <span class="acts">
            {zoomed && <button type="button" class="btn small" onClick={all}>Show all</button>}
            <Segments label="Time shown" name="hours" options={RANGES} value={hours} onChange={(value) => (all(), setQuery({ hours: value === 1 ? '' : String(value) }))} />
        </span>
    );
    return (
        <Card title="History" wide={12} aside={tools}>
            <div class="strips" onDblClick={all}>
                {metrics.map((metric, i) => (
                    <Strip key={metric.metric} id={id} metric={metric} hours={hours} axis={i === metrics.length - 1} zoomed={zoomed} onZoom={() => setZoomed(true)} />
                ))}
            </div>
        </Card>
    );
}
