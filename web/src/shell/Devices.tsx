// SPDX-License-Identifier: Apache-2.0
// All devices in one table, most urgent first. What is searched, filtered and sorted by stands in the
// address. A product's own columns are shown when the table holds that product alone.
import { useEffect } from 'preact/hooks';
import type { Device } from '../hub/api';
import { counts, devices, list, listed, show, showMore } from '../hub/fleet';
import { Ago } from './Card';
import { count, plural } from './format';
import { Icon } from './Icon';
import { kindOf, productOf, products, type Column } from './product';
import { CONDITION, CONNECTIVITY, ConnectivityState, DeviceCondition, reasonOf, URGENCY } from './State';
import { Removed } from './Removal';
import { deviceHref, href, route, setQuery, useTitle } from './router';

const FILTERS = ['q', 'type', 'connectivity', 'condition'];
const AWAY = ['offline', 'never', 'late', 'online'];

type Order = (a: Device, b: Device) => number;
const byName: Order = (a, b) => (a.name || a.device_id).localeCompare(b.name || b.device_id, undefined, { numeric: true });

/** By the hub's words in the order of urgency. */
const ORDERS: Record<string, Order> = {
    urgent: (a, b) => URGENCY.indexOf(a.condition) - URGENCY.indexOf(b.condition) || AWAY.indexOf(a.connectivity) - AWAY.indexOf(b.connectivity),
    name: () => 0,
    connection: (a, b) => AWAY.indexOf(a.connectivity) - AWAY.indexOf(b.connectivity),
    place: (a, b) => a.location.localeCompare(b.location),
    heard: (a, b) => (b.last_seen_at_ms ?? 0) - (a.last_seen_at_ms ?? 0),
};

function Sorted({ by, order, children, class: cls }: { by: string; order: string; children: string; class?: string }) {
    const on = by === order;
    return (
        <th scope="col" class={cls} aria-sort={on ? (by === 'heard' ? 'descending' : 'ascending') : undefined}>
            <button type="button" onClick={() => setQuery({ sort: by === 'urgent' ? '' : by })}>{children}{on && <Icon name={by === 'heard' ? 'down' : 'up'} />}</button>
        </th>
    );
}

function Row({ device, columns, kinds }: { device: Device; columns: Column[]; kinds: boolean }) {
    const product = productOf(device);
    const reason = reasonOf(device);
    return (
        <tr>
            <th scope="row">
                <a href={deviceHref(device.device_id)}>{device.name || device.device_id}</a>
                {!device.claimed && <span class="tag">to claim</span>}
                {device.name && <small>{device.device_id}</small>}
            </th>
            {kinds && <td class="kind"><span class="titled"><Icon path={product?.icon} name={product ? undefined : 'unknown'} />{kindOf(device)}</span></td>}
            <td class="conn"><ConnectivityState value={device.connectivity} /></td>
            <td class="cond"><DeviceCondition device={device} />{reason && <span class="why">{reason}</span>}</td>
            <td class="now num">{product?.now?.(device) ?? '–'}</td>
            {columns.map((column) => <td key={column.key} class={`r num own ${column.key}`}>{column.value(device)}</td>)}
            <td class="place ell">{device.location}</td>
            <td class="heard r num"><Ago at_ms={device.last_seen_at_ms} /></td>
        </tr>
    );
}

function Table({ shown, order }: { shown: Device[]; order: string }) {
    const kinds = new Set(shown.map((device) => productOf(device)));
    const columns = (kinds.size === 1 && [...kinds][0]?.columns) || [];
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Devices, scrolls sideways">
            <table class={`table fleet ${columns.length ? 'own-columns' : ''}`}>
                <caption class="sr">Devices with their states</caption>
                <thead>
                    <tr>
                        <Sorted by="name" order={order}>Device</Sorted>
                        {kinds.size > 1 && <th scope="col" class="kind">Kind</th>}
                        <Sorted by="connection" order={order} class="conn">Connection</Sorted>
                        <Sorted by="urgent" order={order} class="cond">Condition</Sorted>
                        <th scope="col" class="now">Now</th>
                        {columns.map((column) => <th scope="col" key={column.key} class={`r own ${column.key}`}>{column.label}</th>)}
                        <Sorted by="place" order={order} class="place">Place</Sorted>
                        <Sorted by="heard" order={order} class="heard r">Heard</Sorted>
                    </tr>
                </thead>
                <tbody>{shown.map((device) => <Row key={device.device_id} device={device} columns={columns} kinds={kinds.size > 1} />)}</tbody>
            </table>
        </div>
    );
}

let typing = 0;

function search(event: Event) {
    const q = (event.target as HTMLInputElement).value;
    clearTimeout(typing);
    typing = setTimeout(() => setQuery({ q }), 250) as unknown as number;
}

function Choice({ name, label, words }: { name: string; label: string; words: Record<string, string> }) {
    const value = route.value.query.get(name) ?? '';
    return (
        <label class={value ? 'chip on' : 'chip'}>
            {label}
            <select value={value} onChange={(event) => setQuery({ [name]: (event.target as HTMLSelectElement).value })}>
                <option value="">any</option>
                {Object.entries(words).map(([key, word]) => <option key={key} value={key}>{word.toLowerCase()}</option>)}
            </select>
        </label>
    );
}

/** The products as tabs; only where there is more than one to choose from. */
function Products() {
    const query = Object.fromEntries(route.value.query);
    const type = query.type ?? '';
    const present = products().filter((product) => product.type && (product.type === type || Object.values(devices.value).some((device) => productOf(device) === product)));
    if (present.length + (Object.values(devices.value).some((device) => !productOf(device)?.type) ? 1 : 0) < 2 && !type) return null;
    return (
        <nav class="tabs" aria-label="Products">
            <a href={href(['devices'], { ...query, type: '' })} aria-current={type === '' ? 'page' : undefined}>All</a>
            {present.map((product) => (
                <a key={product.type} href={href(['devices'], { ...query, type: product.type })} aria-current={type === product.type ? 'page' : undefined}>{product.many}</a>
            ))}
        </nav>
    );
}

export function Devices() {
    useTitle('Devices');
    const { query } = route.value;
    const asked = new URLSearchParams(FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name)!]] : []))).toString();
    useEffect(() => void show(asked), [asked]);
    const order = query.get('sort') ?? 'urgent';
    const filtered = asked !== '';
    const { next, loaded, failure } = list.value;
    const shown = [...listed.value].sort((a, b) => (ORDERS[order] ?? ORDERS.urgent)(a, b) || byName(a, b));
    const total = counts.value?.total ?? 0;
    return (
        <>
            <div class="page-head"><h1>Devices</h1>{counts.value && <span class="hint">{count(total)}</span>}</div>
            <Products />
            <div class="filters" role="search">
                <label class="with-icon">
                    <span class="sr">Search devices</span>
                    <Icon name="search" />
                    <input class="input" type="search" placeholder="Id, name or place" defaultValue={query.get('q') ?? ''} onInput={search} />
                </label>
                <Choice name="connectivity" label="Connection" words={CONNECTIVITY} />
                <Choice name="condition" label="Condition" words={CONDITION} />
                {filtered && <a class="btn quiet small" href={href(['devices'], { sort: query.get('sort') ?? '' })}><Icon name="cross" />Clear</a>}
            </div>
            <Removed />
            {failure && <p class="failure" role="alert">{failure} <button type="button" class="btn small" onClick={() => void show(asked)}>Try again</button></p>}
            {shown.length > 0 && (
                <div class="card flush">
                    <Table shown={shown} order={order} />
                    <footer class="foot">
                        <span role="status">{plural(shown.length, 'device', 'devices')} of {count(total)}{order === 'urgent' ? ', most urgent first' : ''}</span>
                        {next !== null && <button type="button" class="btn small" onClick={() => void showMore()}>Show more</button>}
                    </footer>
                </div>
            )}
            {shown.length === 0 && loaded && !failure && (
                <p class="empty" role="status">{filtered ? 'No device matches.' : 'No device has spoken yet. It appears here with its first message.'}</p>
            )}
        </>
    );
}
