// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { call, devicePath, type Device } from '../api';
import { devices, loadDevice } from '../fleet';
import { ago, humidity, sound, temperature } from '../format';
import { Chart } from '../parts/Chart';
import { Commands } from '../parts/Commands';
import { HealthPanel } from '../parts/HealthPanel';
import { Status } from '../parts/Status';
import { UpdatePanel } from '../parts/UpdatePanel';
import { WindowPanel } from '../parts/WindowPanel';

const RANGES: [hours: number, label: string][] = [[1, '1 hour'], [6, '6 hours'], [24, '1 day'], [168, '1 week'], [720, '30 days']];

function Identity({ device }: { device: Device }) {
    const [failure, setFailure] = useState('');

    async function change(part: object) {
        try {
            await call('PATCH', devicePath(device.device_id), part);
            await loadDevice(device.device_id);
            setFailure('');
        } catch (error) {
            setFailure((error as Error).message);
        }
    }

    const field = (key: 'name' | 'location', label: string) => (
        <label>
            {label}
            <input value={device[key]} maxLength={64} onChange={(e) => change({ [key]: (e.target as HTMLInputElement).value })} />
        </label>
    );
    return (
        <section class="card">
            <h2>About</h2>
            <div class="fields">{field('name', 'Name')}{field('location', 'Place')}</div>
            <dl class="facts">
                <dt>Device id</dt><dd>{device.device_id}</dd>
                <dt>Registered</dt><dd>{ago(device.registered_at_ms)}</dd>
                <dt>Last seen</dt><dd>{ago(device.last_seen_at_ms)}</dd>
            </dl>
            {!device.claimed && <button type="button" class="primary" onClick={() => change({ claimed: true })}>Claim this device</button>}
            {failure && <p class="failure" role="alert">{failure}</p>}
        </section>
    );
}

export function DevicePage({ id }: { id: string }) {
    const [hours, setHours] = useState(1);
    const [failure, setFailure] = useState('');
    useEffect(() => void loadDevice(id).catch((error) => setFailure((error as Error).message)), [id]);

    const device = devices.value[id];
    if (!device) return <p class={failure ? 'failure' : 'empty'} role="status">{failure || 'Loading…'}</p>;
    const chart = { id, hours };
    return (
        <>
            <nav><a href="#/">← Fleet</a></nav>
            <div class="heading">
                <h1>{device.name || device.device_id}</h1>
                <Status device={device} />
            </div>
            <ul class="tiles" aria-label="Latest values">
                <li class="tile"><strong data-testid="temperature">{temperature(device.latest.temperature?.value)}</strong> temperature</li>
                <li class="tile"><strong data-testid="humidity">{humidity(device.latest.humidity?.value)}</strong> humidity</li>
                <li class="tile"><strong data-testid="sound">{sound(device.latest.sound?.value)}</strong> sound</li>
            </ul>
            <WindowPanel device={device} />
            <div class="heading">
                <h2>History</h2>
                <fieldset class="ranges">
                    <legend class="hidden">Time shown</legend>
                    {RANGES.map(([value, label]) => (
                        <label>
                            <input type="radio" name="range" checked={hours === value} onChange={() => setHours(value)} /> <span>{label}</span>
                        </label>
                    ))}
                </fieldset>
            </div>
            <div class="charts">
                <Chart {...chart} metric="temperature" label="Temperature" unit="°C" decimals={1} color="--red" />
                <Chart {...chart} metric="humidity" label="Humidity" unit="%" decimals={0} color="--blue" />
                <Chart {...chart} metric="sound" label="Sound" unit="dBFS" decimals={0} color="--violet" />
                <Chart {...chart} metric="position" label="Decided position" unit="%" decimals={0} color="--green" span={[0, 100]} />
            </div>
            <div class="columns">
                <HealthPanel health={device.health} />
                <UpdatePanel running={device.health?.firmware} update={device.update} />
                <Commands device={device} />
                <Identity device={device} />
            </div>
        </>
    );
}
