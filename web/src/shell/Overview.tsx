// SPDX-License-Identifier: Apache-2.0
// What needs a person comes first, with the remedy beside it; then how the fleet is, then the products.
import { useEffect } from 'preact/hooks';
import type { Condition, Connectivity, Device } from '../hub/api';
import { now } from '../hub/clock';
import { counts, devices, list, loadCondition, show } from '../hub/fleet';
import { Attention, needsOf } from './Attention';
import { Card } from './Card';
import { DeviceLines } from './DeviceLines';
import { count, date, plural } from './format';
import { Icon } from './Icon';
import { productOf, products, type Product } from './product';
import { CONDITION, ConditionState, CONNECTIVITY, ConnectivityState, URGENCY } from './State';
import { href, useTitle } from './router';

const CONNECTED: Connectivity[] = ['online', 'late', 'offline', 'never'];
const PATTERN: Record<string, string> = { online: 'p-ok', ok: 'p-ok', late: 'p-warn', warning: 'p-warn', critical: 'p-crit', updating: 'p-busy', offline: 'p-off', never: 'p-none' };

/** How many are in each state, with a link to them. */
function States<T extends Connectivity | Condition>({ label, filter, order, words, numbers, Word }: {
    label: string; filter: string; order: T[]; words: Record<T, string>; numbers: Record<T, number>; Word: (props: { value: T }) => preact.JSX.Element;
}) {
    const present = order.filter((state) => numbers[state] > 0);
    return (
        <div class="states">
            <div class="share" role="img" aria-label={present.map((state) => `${count(numbers[state])} ${words[state].toLowerCase()}`).join(', ') || 'no devices'}>
                {present.map((state) => <i key={state} class={PATTERN[state]} style={{ flexGrow: numbers[state] }} />)}
            </div>
            <ul aria-label={label}>
                {order.map((state) => (
                    <li key={state}><a href={href(['devices'], { [filter]: state })}><Word value={state} /><b>{count(numbers[state])}</b></a></li>
                ))}
            </ul>
        </div>
    );
}

function FleetHealth() {
    const c = counts.value;
    if (!c) return null;
    return (
        <Card title="Fleet health" wide={12} aside={<a class="link" href={href(['devices'])}>{plural(c.total, 'device', 'devices')}</a>}>
            <div class="health">
                <States label="Connection" filter="connectivity" order={CONNECTED} words={CONNECTIVITY} numbers={c.connectivity} Word={ConnectivityState} />
                <States label="Condition" filter="condition" order={[...URGENCY].reverse()} words={CONDITION} numbers={c.condition} Word={ConditionState} />
            </div>
        </Card>
    );
}

const urgency = (device: Device): number => URGENCY.indexOf(device.condition);

function ProductCard({ product, mine, some }: { product?: Product; mine: Device[]; some: boolean }) {
    const online = mine.filter((device) => device.connectivity === 'online').length;
    const worst = URGENCY.slice(0, 2).flatMap((condition) => {
        const number = mine.filter((device) => device.condition === condition).length;
        return number ? [<span class="titled" key={condition}><ConditionState value={condition} /> {count(number)}</span>] : [];
    });
    const title = product?.many ?? 'Other devices';
    return (
        <section class="card" aria-label={title}>
            <header>
                <h2 class="titled"><Icon path={product?.icon} name={product ? undefined : 'unknown'} />
                    {product?.type ? <a href={href(['devices'], { type: product.type })}>{title}</a> : title}
                </h2>
                <span class="hint">{some ? `${count(mine.length)} of those loaded` : count(mine.length)}</span>
            </header>
            {product?.Summary ? <product.Summary devices={mine} /> : <DeviceLines devices={mine} />}
            <footer><span class="titled"><ConnectivityState value="online" /> {count(online)}</span>{worst}</footer>
        </section>
    );
}

export function Overview() {
    useTitle('Overview');
    useEffect(() => void show(''), []);
    // What is urgent may lie behind the first page of a large fleet.
    const c = counts.value;
    const urgent = c ? `${c.condition.critical} ${c.condition.warning}` : '';
    useEffect(() => {
        if (list.value.next && urgent !== '0 0') void Promise.all(URGENCY.slice(0, 2).map(loadCondition)).catch(() => undefined);
    }, [urgent]);

    const all = Object.values(devices.value).sort((a, b) => urgency(a) - urgency(b) || (a.device_id < b.device_id ? -1 : 1));
    const groups = [...products(), undefined].map((product) => ({ product, mine: all.filter((device) => productOf(device) === product) }));
    const needs = needsOf(all, c);
    const shown = groups.filter(({ mine }) => mine.length > 0);
    return (
        <>
            <div class="page-head">
                <h1>{!c ? 'Overview' : needs.length === 0 ? 'All is in order' : needs.length === 1 ? '1 thing needs a person' : `${count(needs.length)} things need a person`}</h1>
                <p class="sub">{date(now.value)}</p>
            </div>
            {list.value.failure && <p class="failure" role="alert">{list.value.failure} <button type="button" class="btn small" onClick={() => void show('')}>Try again</button></p>}
            <Attention needs={needs} />
            <div class="grid"><FleetHealth /></div>
            <div class="even">
                {shown.map(({ product, mine }) => <ProductCard key={product?.many ?? ''} product={product} mine={mine} some={list.value.next !== null} />)}
            </div>
            {c?.total === 0 && <p class="empty">No device has spoken yet. It appears here with its first message.</p>}
        </>
    );
}
