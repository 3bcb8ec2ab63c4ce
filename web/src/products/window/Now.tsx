// SPDX-License-Identifier: Apache-2.0
// The newest values, each with its time.
import type { Device } from '../../hub/api';
import { Ago, Card } from '../../shell/Card';
import { humidity, latest, sound, temperature } from './climate';

export function Now({ device }: { device: Device }) {
    const values = latest(device);
    const known = Object.values(values).filter((value) => value !== null);
    const newest = Math.max(0, ...known.map((value) => value.at_ms ?? 0));
    const row = (name: keyof typeof values, text: string) => (
        <li class="kv"><b data-testid={name}>{text}</b><span>{name}</span></li>
    );
    return (
        <Card title="Now" aside={<span class="hint">{known.length > 0 && <Ago at_ms={newest} otherwise="at an unknown time" />}</span>}>
            <ul class="kvs column" aria-label="Latest values">
                {row('temperature', temperature(values.temperature?.value))}
                {row('humidity', humidity(values.humidity?.value))}
                {row('sound', sound(values.sound?.value))}
            </ul>
        </Card>
    );
}
