// SPDX-License-Identifier: Apache-2.0
// One transaction: its start and stop, what was charged, the curve with its limit, and what a person should look at.
import { useEffect, useState } from 'preact/hooks';
import { now } from '../../hub/clock';
import { Ago, Card, Facts, Figures } from '../../shell/Card';
import { clock, duration, exactly, number, sentence } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { href, useTitle } from '../../shell/router';
import { getCharger, wrong, type TransactionWhole } from './api';
import { Curve } from './Curve';
import { first, last, type Curves } from './curve';
import { signOf } from './fresh';
import { LINES, money } from './money';
import type { Said } from './operation';
import { askComposite, planOf, type Plan } from './plan';
import { TransactionState } from './State';
import { Stale } from './Tabs';
import { useTransaction } from './whole';
import { energy, flagOf, lengthOf, power, reasonOf, spaced, TAG_STATUS } from './words';

const LATE_MS = 60000;
const PLANNED_LEAST_S = 300;
const PLANNED_MOST_S = 43200;

const meter = (wh: number | null): string => number(wh === null ? null : wh / 1000, 3, 'kWh');

/** A time as the charger said it, and when it arrived where that was much later. */
function Time({ at_ms, arrived_ms }: { at_ms: number | null; arrived_ms: number | null }) {
    if (at_ms === null) return <>–</>;
    const late = arrived_ms !== null && arrived_ms - at_ms > LATE_MS;
    return <><time dateTime={new Date(at_ms).toISOString()}>{exactly(at_ms)}</time>{late && <><br />came {duration(arrived_ms - at_ms)} later</>}</>;
}

/** Energy so far of one that runs: its last register above the first. */
function soFar({ samples, meter_start_wh }: TransactionWhole): number | null {
    for (let i = samples.length - 1; i >= 0; i--) {
        const { measurand, value, unit, phase } = samples[i];
        if ((measurand ?? 'Energy.Active.Import.Register') === 'Energy.Active.Import.Register' && value !== null && !phase && meter_start_wh !== null)
            return value * (unit === 'kWh' ? 1000 : 1) - meter_start_wh;
    }
    return null;
}

function Sums({ tx, curves }: { tx: TransactionWhole; curves: Curves | null }) {
    const given = tx.energy_wh ?? soFar(tx);
    const length_ms = tx.started_at_ms === null ? 0 : (tx.stopped_at_ms ?? now.value) - tx.started_at_ms;
    const top = curves ? Math.max(0, ...curves.power_w.filter((w) => w !== null)) : 0;
    return (
        <Figures rows={[
            [energy(given), tx.state === 'open' ? 'so far' : 'energy'],
            [lengthOf(tx), tx.state === 'open' ? 'running' : 'length'],
            [given !== null && length_ms > 0 ? power((given * 3600e3) / length_ms) : '–', 'mean power'],
            [curves?.at_ms.length ? power(top) : '–', 'highest power'],
            ...(curves && last(curves.soc) !== null ? [[`${number(first(curves.soc), 0, '')} to ${number(last(curves.soc), 0, '%')}`, 'vehicle\'s charge'] as [string, string]] : []),
        ]} />
    );
}

function LookAt({ tx }: { tx: TransactionWhole }) {
    const state = tx.state === 'left' ? [['left open', 'Another one began at its connector and its stop never came. Compare the meter before anything is billed.']]
        : tx.state === 'unmatched' ? [['stop without start', 'A stop came for which no start is known. Look at the charger\'s messages.']] : [];
    const all = [...state, ...tx.flags.map(flagOf)];
    if (!all.length) return null;
    const bad = !tx.billable && tx.state !== 'open';
    return (
        <div class={`banner ${bad ? 'warn' : ''}`} role="status" data-testid="flags">
            <Icon name={bad ? 'warning' : 'hand'} />
            <div>
                {bad && <strong>It is not billed until somebody has looked at it.</strong>}
                <ul>{all.map(([short, meaning]) => <li key={short}><b>{sentence(short)}.</b> {meaning}</li>)}</ul>
            </div>
        </div>
    );
}

const quantity = (unit: string, n: number): string => (unit === 'Wh' ? energy(n) : unit === 's' ? duration(n * 1000) : '');

function Cost({ tx }: { tx: TransactionWhole }) {
    const { state, tariff, lines = [], total_amount = 0 } = tx.cost;
    if (!tariff) return null;
    const { currency } = tariff;
    return (
        <Card title="Cost" wide={12} aside={<a class="link" href={href(['tariffs'])}>{tariff.name}</a>}>
            {state === 'doubtful' ? <p class="notice">It is not reckoned: what was charged is in doubt. Somebody has to look at it first.</p> : (
                <>
                    <p class="big">{money(total_amount, currency)} <small>{state === 'running' ? 'so far' : 'in all'}</small></p>
                    <ul class="list">{lines.map((line) => <li key={line.what}><span class="grow">{LINES[line.what] ?? line.what} <small>{quantity(line.unit, line.quantity)}</small></span><b class="num">{money(line.amount, currency)}</b></li>)}</ul>
                    {tx.invoice_line && <p class="hint wraps">For the invoice: {tx.invoice_line}</p>}
                </>
            )}
        </Card>
    );
}

/** What chargers of ours tell, by the member's name. */
const TOLD: Record<string, (value: number) => string> = {
    soc: (value) => `battery at ${number(value, 0, '%')}`, maxCurrent: (value) => `takes up to ${number(value, 0, 'A')}`, range: (value) => `range ${number(value, 0, 'km')}`,
    finalSoc: (value) => `battery at ${number(value, 0, '%')} at the end`, energyDelivered: (value) => `${energy(value)} given`, durationMinutes: (value) => `took ${number(value, 0, 'min')}`,
};

/** A flat JSON object in words; what is none stays as it came. */
function toldOf(text: string): string {
    try {
        const value: unknown = JSON.parse(text);
        if (!value || typeof value !== 'object') return text;
        return Object.entries(value).map(([name, one]) => (TOLD[name] && typeof one === 'number' ? TOLD[name](one) : `${spaced(name).toLowerCase()} ${typeof one === 'object' ? JSON.stringify(one) : one}`)).join(', ');
    } catch {
        return text;
    }
}

function Vendor({ tx }: { tx: TransactionWhole }) {
    if (!tx.data.length) return null;
    return (
        <Card title="The charger told beside it" wide={12}>
            <ul class="list notes">
                {tx.data.map((one, i) => (
                    <li key={i}><span class="grow"><b>{spaced(one.message)}</b> {toldOf(one.text)}</span><Ago at_ms={one.arrived_at_ms} /></li>
                ))}
            </ul>
        </Card>
    );
}

/** What the charger will allow from now on; asked of it once, and again on a button. */
function usePlan(tx: TransactionWhole): { plan: Plan | null; said: Said; ask: () => void } {
    const [plan, setPlan] = useState<Plan | null>(null);
    const [said, setSaid] = useState<Said>({ text: '' });
    const { identity, transaction_id, connector_id, state } = tx;
    async function ask() {
        setSaid({ text: `Asking ${identity} what it will allow…`, busy: true });
        const ran_s = tx.started_at_ms === null ? 0 : Math.floor((now.value - tx.started_at_ms) / 1000);
        const voltage = [...tx.samples].reverse().find((one) => one.measurand === 'Voltage')?.value ?? null;
        await askComposite(identity, connector_id, Math.min(PLANNED_MOST_S, Math.max(PLANNED_LEAST_S, ran_s))).then((got) => {
            setPlan(got && planOf(got, voltage));
            setSaid({ text: got ? `Planned limit as the charger said at ${clock(Date.now())}.` : 'The charger names no limit for the time to come.' });
        }, (error) => setSaid({ text: wrong(error, identity, 'Asking what it will allow'), bad: true }));
    }
    useEffect(() => {
        setPlan(null);
        setSaid({ text: '' });
        if (state === 'open') void getCharger(identity).then((charger) => (charger.online ? ask() : undefined), () => undefined);
    }, [transaction_id, state]);
    return { plan, said, ask: () => void ask() };
}

function Power({ tx, curves }: { tx: TransactionWhole; curves: Curves | null }) {
    const { plan, said, ask } = usePlan(tx);
    const open = tx.state === 'open';
    const shown = curves && curves.at_ms.length > 1;
    return (
        <Card title="Power" wide={12} aside={open && <button type="button" class="btn small" disabled={said.busy} onClick={ask}>Ask for the planned limit</button>}>
            {shown ? <Curve curves={curves} end_ms={open ? now.value : 0} plan={plan} />
                : <p class="hint">{open ? 'No values have come yet.' : 'No values came while it ran.'} The charger's configuration key MeterValueSampleInterval says how often it sends them.</p>}
            {shown && curves.mean && <p class="hint">The charger sends meter readings and no power: this is the mean between two readings. Its configuration key MeterValuesSampledData says what it sends.</p>}
            {shown && last(curves.limit_w) === null && <p class="hint">The charger does not send what it offers, so no limit is drawn for the time that is over: MeterValuesSampledData needs Power.Offered, or Current.Offered and Voltage.</p>}
            {said.text && <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text}</p>}
        </Card>
    );
}

function Whole({ tx, curves }: { tx: TransactionWhole; curves: Curves | null }) {
    return (
        <>
            <LookAt tx={tx} />
            <div class="grid">
                <Card title="Sums" wide={12}><Sums tx={tx} curves={curves} /></Card>
                <Power tx={tx} curves={curves} />
                <Card title="Start" wide={6}>
                    {tx.start_arrived_at_ms === null ? <p class="hint">Its start is not known.</p>
                        : <Facts rows={[['Time', <Time at_ms={tx.started_at_ms} arrived_ms={tx.start_arrived_at_ms} />], ['Meter', meter(tx.meter_start_wh)], ['Tag', tx.id_tag ? <a href={href(['transactions'], { id_tag: tx.id_tag })}>{tx.id_tag}</a> : '–'], ['Answer', TAG_STATUS[tx.tag_status ?? ''] ?? tx.tag_status ?? '–'], ...(tx.reservation_id ? [['Reservation', String(tx.reservation_id)] as [string, string]] : [])]} />}
                </Card>
                <Card title="Stop" wide={6}>
                    {tx.stop_arrived_at_ms === null ? <p class="hint">{tx.state === 'open' ? 'It runs.' : 'Its stop never came.'}</p>
                        : <Facts rows={[['Time', <Time at_ms={tx.stopped_at_ms} arrived_ms={tx.stop_arrived_at_ms} />], ['Meter', meter(tx.meter_stop_wh)], ['Because', reasonOf(tx.reason)], ['Tag', tx.stop_id_tag ?? '–'], ['Billed', tx.billable ? 'Yes' : 'Not yet']]} />}
                </Card>
                <Cost tx={tx} />
                <Vendor tx={tx} />
            </div>
        </>
    );
}

export function TransactionPage({ id }: { id: string }) {
    useTitle(`Transaction ${id}`);
    const fresh = useTransaction(id, signOf());
    const tx = fresh.value;
    const unknown = !tx && fresh.failure?.status === 404;
    return (
        <>
            <div class="dev-head">
                <nav class="crumb" aria-label="Where this is"><a href={href(['transactions'])}>Transactions</a><Icon name="chevron" /></nav>
                <h1 class="ell">{unknown ? 'Unknown transaction' : `Transaction ${id}`}</h1>
                {tx && <span class="states"><TransactionState state={tx.state} pill /></span>}
                {tx && <span class="meta">{tx.identity}{tx.connector_id > 0 && `, connector ${tx.connector_id}`}</span>}
                {tx && <span class="acts"><a class="btn small" href={href(['chargers', tx.identity])}>{tx.state === 'open' ? 'To the charger, to stop it' : 'To the charger'}</a></span>}
            </div>
            {unknown ? <p role="status">There is no transaction <b>{id}</b>. <a href={href(['transactions'])}>See all transactions</a></p> : <Stale fresh={fresh} what={`Transaction ${id}`} />}
            {tx && <Whole tx={tx} curves={fresh.curves} />}
        </>
    );
}
