// SPDX-License-Identifier: Apache-2.0
// What the pages show: the devices as last heard, kept up to date by the event stream. How a device is
// (connectivity, condition) comes from the hub with it; nothing here computes it.
import { computed, signal } from '@preact/signals';
import { call, devicePath, type Command, type Counts, type Device, type DevicePage } from './api';
import { changed, countOf, matches } from './counts';
import type { ApiError } from './http';
import { listen, type LiveEvent } from './live';

/** A value of a metric, for the charts. */
export interface Arrival { device_id: string; metric: string; at_ms: number; value: number }
/** What an event of a product changes: members of the device, a point of a chart. */
export interface Heard { change?: Partial<Device>; point?: { metric: string; at_ms: number; value: number } }
/** Of the event with its data and the device as known; null: it is nothing of ours. */
export type EventHandler = (data: Record<string, unknown>, device: Device) => Heard | null;

export interface List { query: string; ids: string[]; next: string | null; loaded: boolean; failure: string }

const PAGE = 200;
const RELOAD_MS = 1500; // at most one reload of the list in this time, however much changes
const UNLISTED_MS = 10000; // of a fleet larger than the list, for a device that is not in it
const NOTHING: List = { query: '', ids: [], next: null, loaded: false, failure: '' };

export const devices = signal<Record<string, Device>>({});
export const list = signal<List>(NOTHING);
/** As the hub said last. */
const told = signal<Counts | null>(null);
/** Whether `devices` holds all there are; then what is counted are the rows themselves. */
const whole = signal(false);
export const counts = computed(() => (whole.value ? countOf(Object.values(devices.value)) : told.value));
/** The devices of the list, as they are now; one that a live event took out of it goes at once. */
export const listed = computed(() => list.value.ids.flatMap((id) => devices.value[id] ?? []).filter((device) => matches(device, list.value.query)));
export const arrived = signal<Arrival | null>(null);
/** The newest change of a command. */
export const commanded = signal<Command | null>(null);

function put(...some: Device[]): void {
    devices.value = { ...devices.value, ...Object.fromEntries(some.map((device) => [device.device_id, device])) };
}

function drop(id: string): void {
    const { [id]: gone, ...rest } = devices.value;
    if (!gone) return;
    devices.value = rest;
    list.value = { ...list.value, ids: list.value.ids.filter((other) => other !== id) };
}

// Which event last told of a device: an answer that was asked for before it is older than it.
let heard = 0;
let heardOf: Record<string, number> = {};

async function loadPage(query: string, after: string, limit: number): Promise<DevicePage> {
    const asked = heard;
    const page = await call<DevicePage>('GET', `/api/v1/devices?limit=${limit}&${query}&after=${encodeURIComponent(after)}`);
    told.value = page.counts;
    put(...page.devices.filter((device) => !devices.value[device.device_id] || !(heardOf[device.device_id] > asked)));
    if (whole.value && page.counts.total !== Object.keys(devices.value).length) whole.value = false;
    return page;
}

/** Loads as many of the devices that match the query as are wanted, page by page. */
async function load(query: string, wanted: number): Promise<void> {
    const ids: string[] = [];
    const asked = heard;
    let next: string | null = '';
    try {
        while (next !== null && ids.length < wanted) {
            const page: DevicePage = await loadPage(query, next, PAGE);
            ids.push(...page.devices.map((device) => device.device_id));
            next = page.next;
        }
        if (query === '' && next === null) { // that is all of them: who is not there was removed, or came just now
            const fresh = Object.keys(devices.value).filter((id) => heardOf[id] > asked);
            devices.value = Object.fromEntries([...new Set([...ids, ...fresh])].map((id) => [id, devices.value[id]]));
            whole.value = true;
        }
        if (list.value.query === query) list.value = { query, ids, next, loaded: true, failure: '' };
    } catch (error) {
        if (list.value.query === query) list.value = { ...list.value, loaded: true, failure: (error as Error).message };
    }
}

/** Shows the devices of a query ("q=kitchen&connectivity=offline"); what is shown stays until they come. */
export function show(query: string): Promise<void> {
    if (list.value.query !== query) list.value = { ...list.value, query, next: null };
    return load(query, PAGE);
}

export const showMore = (): Promise<void> => load(list.value.query, list.value.ids.length + PAGE);

const reload = (): Promise<void> => load(list.value.query, Math.max(PAGE, list.value.ids.length));

/** Devices in that condition, of a fleet larger than the list. */
export const loadCondition = (condition: string): Promise<DevicePage> => loadPage(`condition=${condition}`, '', 50);

export async function loadDevice(id: string): Promise<void> {
    try {
        put(await call<Device>('GET', devicePath(id)));
    } catch (error) {
        if ((error as ApiError).status === 404) drop(id); // removed by somebody else
        throw error;
    }
}

/** What went with a device: how many of each, and what became of its history. */
export interface Removal { history?: 'kept' | 'deleted'; state?: 'removed' | 'removing'; removed?: Record<string, number> }

/** What is removed goes with all that is kept under its id; of its history the operator decides. */
export async function removeDevice(id: string, history: 'keep' | 'delete'): Promise<Removal> {
    const answer = await call<Removal | undefined>('DELETE', `${devicePath(id)}?history=${history}`);
    drop(id);
    reloadSoon(0);
    return answer ?? {};
}

export async function changeDevice(id: string, part: object): Promise<void> {
    put(await call<Device>('PATCH', devicePath(id), part));
}

let reloading = 0;

function reloadSoon(ms: number): void {
    reloading ||= setTimeout(() => {
        reloading = 0;
        void reload();
    }, ms) as unknown as number;
}

/** What decides whether a device is in a list, and where. */
const place = (device: Device): string => JSON.stringify([
    device.connectivity, device.condition, device.claimed, device.type, device.name, device.location]);

function onDevice(device: Device): void {
    const old = devices.value[device.device_id];
    if (!old && list.value.next !== null) return reloadSoon(UNLISTED_MS); // only the counts are shown of it
    heardOf[device.device_id] = ++heard;
    if (old && told.value) told.value = changed(told.value, old, device);
    put(device);
    if (!old || place(old) !== place(device)) reloadSoon(RELOAD_MS);
}

function onProduct(handlers: EventHandler[], data: Record<string, unknown>): void {
    const device = devices.value[String(data.device_id ?? '')];
    if (!device) return;
    for (const handler of handlers) {
        const heard = handler(data, device);
        if (!heard) continue;
        if (heard.change) put({ ...device, ...heard.change });
        if (heard.point) arrived.value = { device_id: device.device_id, ...heard.point };
        return;
    }
}

/** Keeps all of it up to date until the returned function is called; then nothing is known any more. */
export function startLive(handlers: (event: string) => EventHandler[]): () => void {
    const stop = listen(({ event, data }: LiveEvent) => {
        if (event === 'device') onDevice(data as unknown as Device);
        else if (event === 'command') commanded.value = data as unknown as Command;
        else if (event !== 'hello') onProduct(handlers(event), data);
    }, () => void reload());
    return () => {
        stop();
        clearTimeout(reloading);
        reloading = 0;
        devices.value = {};
        heardOf = {};
        told.value = null;
        whole.value = false;
        list.value = NOTHING;
    };
}
