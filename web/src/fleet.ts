// SPDX-License-Identifier: Apache-2.0
// What the pages show: the devices as last heard, kept up to date by the event stream.
import { signal } from '@preact/signals';
import { call, devicePath, type Command, type Counts, type Decision, type Device, type DevicePage, type Metric, type WindowState } from './api';
import { listen, type LiveEvent } from './live';

export const devices = signal<Record<string, Device>>({});
export const counts = signal<Counts>({ total: 0, online: 0, active: 0, unclaimed: 0, faulty: 0 });
export const next = signal<string | null>(null);
export const query = signal('');
export const loaded = signal(false);
export const failure = signal('');
/** The newest live value of any device, for the charts. */
export const arrived = signal<{ device_id: string; metric: Metric; at_ms: number; value: number } | null>(null);
/** The newest change of a command. */
export const commanded = signal<Command | null>(null);

function put(device: Device): void {
    devices.value = { ...devices.value, [device.device_id]: device };
}

function change(id: string, part: Partial<Device>): boolean {
    const device = devices.value[id];
    if (device) put({ ...device, ...part });
    return device !== undefined;
}

/** Loads the first page (or the one behind `after`) of the devices that match the query. */
export async function loadFleet(after = ''): Promise<void> {
    const path = `/api/v1/devices?limit=200&q=${encodeURIComponent(query.value)}&after=${encodeURIComponent(after)}`;
    try {
        const page = await call<DevicePage>('GET', path);
        const old = after ? devices.value : {};
        devices.value = { ...old, ...Object.fromEntries(page.devices.map((device) => [device.device_id, device])) };
        counts.value = page.counts;
        next.value = page.next;
        failure.value = '';
    } catch (error) {
        failure.value = (error as Error).message;
    }
    loaded.value = true;
}

export async function loadDevice(id: string): Promise<void> {
    put(await call<Device>('GET', devicePath(id)));
}

// A device event says that something about it changed; several in a row cost one request.
const waiting = new Set<string>();

function loadSoon(id: string): void {
    if (waiting.size === 0)
        setTimeout(() => {
            const ids = [...waiting];
            waiting.clear();
            if (ids.length > 3) loadFleet();
            else for (const one of ids) loadDevice(one).catch(() => undefined);
        }, 300);
    waiting.add(id);
}

function onReading(id: string, data: Record<string, unknown>): void {
    const metric = data.metric as 'temperature' | 'humidity' | 'sound';
    const at_ms = Number(data.at_ms);
    const value = Number(data.value);
    const device = devices.value[id];
    if (!device) return loadSoon(id);
    change(id, {
        active: true,
        last_seen_at_ms: Date.now(),
        latest: { ...device.latest, [metric]: { value, at_ms } },
    });
    arrived.value = { device_id: id, metric, at_ms, value };
}

function onEvent({ event, data }: LiveEvent): void {
    const id = String(data.device_id ?? '');
    if (event === 'reading') onReading(id, data);
    else if (event === 'state') change(id, { window: data as unknown as WindowState }) || loadSoon(id);
    else if (event === 'control') {
        const decision = data as unknown as Decision;
        change(id, { decision });
        arrived.value = { device_id: id, metric: 'position', at_ms: decision.at_ms, value: decision.position };
    } else if (event === 'command') commanded.value = data as unknown as Command;
    else if (event === 'device') loadSoon(id);
}

export function startLive(): () => void {
    return listen(onEvent, () => void loadFleet());
}
