// SPDX-License-Identifier: Apache-2.0
import { counts, devices, failure, loaded, loadFleet, next, query } from '../fleet';
import { ago, humidity, percent, sound, temperature } from '../format';
import { Status } from '../parts/Status';
import type { Device } from '../api';

function Tile({ label, value, tone }: { label: string; value: number; tone?: string }) {
    return (
        <li class={`tile ${value > 0 && tone ? tone : ''}`}>
            <strong>{value}</strong> {label}
        </li>
    );
}

function Row({ device }: { device: Device }) {
    const href = `#/devices/${encodeURIComponent(device.device_id)}`;
    return (
        <tr>
            <th scope="row">
                <a href={href}>{device.name || device.device_id}</a>
                <small>{[device.name && device.device_id, device.location].filter(Boolean).join(' · ')}</small>
            </th>
            <td data-label="Status"><Status device={device} /></td>
            <td data-label="Temperature" class="value">{temperature(device.latest.temperature?.value)}</td>
            <td data-label="Humidity" class="value">{humidity(device.latest.humidity?.value)}</td>
            <td data-label="Sound" class="value">{sound(device.latest.sound?.value)}</td>
            <td data-label="Window" class="value">{percent(device.window?.position)}</td>
            <td data-label="Health">{device.health?.fault_text ?? (device.health ? 'good' : '–')}</td>
            <td data-label="Last seen">{ago(device.last_seen_at_ms)}</td>
        </tr>
    );
}

let typing = 0;

function search(event: Event) {
    query.value = (event.target as HTMLInputElement).value;
    clearTimeout(typing);
    typing = window.setTimeout(() => void loadFleet(), 250);
}

export function Fleet() {
    const list = Object.values(devices.value).sort((a, b) => (a.device_id < b.device_id ? -1 : 1));
    const c = counts.value;
    return (
        <>
            <div class="heading">
                <h1>Fleet</h1>
                <label class="search">
                    <span class="hidden">Search devices</span>
                    <input type="search" placeholder="Search id, name, place" value={query.value} onInput={search} />
                </label>
            </div>
            <ul class="tiles" aria-label="Summary">
                <Tile label="devices" value={c.total} />
                <Tile label="online" value={c.online} tone="good" />
                <Tile label="inactive" value={c.total - c.active} tone="dim" />
                <Tile label="with a fault" value={c.faulty} tone="bad" />
                <Tile label="to claim" value={c.unclaimed} tone="warn" />
            </ul>
            {failure.value && <p class="failure" role="alert">{failure.value}</p>}
            {list.length > 0 && (
                <div class="card flush">
                    <table class="fleet">
                        <caption class="hidden">Devices with their latest values</caption>
                        <thead>
                            <tr>
                                <th scope="col">Device</th><th scope="col">Status</th><th scope="col">Temperature</th>
                                <th scope="col">Humidity</th><th scope="col">Sound</th><th scope="col">Window</th>
                                <th scope="col">Health</th><th scope="col">Last seen</th>
                            </tr>
                        </thead>
                        <tbody>{list.map((device) => <Row key={device.device_id} device={device} />)}</tbody>
                    </table>
                </div>
            )}
            {list.length === 0 && loaded.value && !failure.value && (
                <p class="empty">
                    {query.value ? 'No device matches.' : 'No device has spoken yet. It appears here with its first message.'}
                </p>
            )}
            {next.value && <button type="button" onClick={() => loadFleet(next.value!)}>Show more</button>}
        </>
    );
}
