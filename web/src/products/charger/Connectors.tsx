// SPDX-License-Identifier: Apache-2.0
// A charger's connectors as they are now, and what can be done with them. Whatever moves energy is asked first.
import { useEffect, useState } from 'preact/hooks';
import { now } from '../../hub/clock';
import { Ago, Card, Facts, Figures } from '../../shell/Card';
import { duration, number } from '../../shell/format';
import { href } from '../../shell/router';
import { getLive, listTags, type Charger, type Live, type LiveConnector, type Tag, type Transaction } from './api';
import { Curve } from './Curve';
import { last } from './curve';
import { TagField } from './fields';
import { signOf, useFresh } from './fresh';
import { PayLink } from './PayLink';
import { useOperations, type Operation } from './operation';
import { ConnectorState, faultOf } from './State';
import { Stale } from './Tabs';
import { useTransaction } from './whole';
import { energy, power, reasonOf } from './words';

const EVERY_MS = 4000;

interface Parts { charger: Charger; connector: LiveConnector; live: Live; tags: Tag[]; again: () => void }

/** Whether it has one connector only; then what is told of a vehicle is told of that. */
const alone = (live: Live): boolean => live.connectors.filter((one) => one.connector_id > 0).length === 1;

const txHref = (tx: Transaction) => href(['transactions', String(tx.transaction_id)]);

/** VehicleInfo's text, as far as it is what it should be. */
export function vehicleOf(text: string | null): { soc?: number; maxCurrent?: number; model?: string; range?: number } {
    try {
        return text ? JSON.parse(text) : {};
    } catch {
        return {};
    }
}

function Session({ charger, connector, tx }: { charger: Charger; connector: LiveConnector; tx: Transaction }) {
    const { curves } = useTransaction(tx.transaction_id, signOf(charger.identity));
    const soc = curves && last(curves.soc);
    const given = connector.energy_register_wh !== null && tx.meter_start_wh !== null ? connector.energy_register_wh - tx.meter_start_wh : null;
    const mean = connector.power_w === null && curves ? last(curves.power_w) : null;
    return (
        <>
            <Figures rows={[
                [power(connector.power_w ?? mean), mean !== null ? 'mean power' : 'power now'],
                [power(curves && last(curves.limit_w)), 'its limit'],
                [energy(given), 'this session'],
                [number(soc, 0, '%'), 'vehicle\'s charge'],
            ]} />
            {curves && curves.at_ms.length > 1 && <Curve curves={curves} height={150} end_ms={charger.online ? now.value : 0} />}
            <Facts rows={[
                ['Transaction', <a href={txHref(tx)}>{tx.transaction_id}</a>],
                ['Tag', tx.id_tag ?? '–'],
                ['Began', tx.started_at_ms ? <><Ago at_ms={tx.started_at_ms} />{now.value > tx.started_at_ms && `, runs ${duration(now.value - tx.started_at_ms)}`}</> : '–'],
                ['Measured', <Ago at_ms={connector.live_at_ms} otherwise="not yet" />],
            ]} />
        </>
    );
}

function Idle({ charger, connector, live }: Parts) {
    const latest = connector.latest;
    const { soc } = vehicleOf(live.vehicle);
    return (
        <>
            {connector.status === 'Preparing' && <p>A vehicle is plugged in{alone(live) && typeof soc === 'number' ? `, its battery at ${number(soc, 0, '%')}` : ''}. No energy flows.</p>}
            <Facts rows={[
                ['Since', <Ago at_ms={connector.status_at_ms} otherwise="not said" />],
                ['Last session', latest && latest.state !== 'open' ? <><a href={txHref(latest)}>{energy(latest.energy_wh)}</a>, ended <Ago at_ms={latest.stopped_at_ms} otherwise="at an unknown time" /></> : 'none'],
                ...(latest?.reason ? [['Ended because', reasonOf(latest.reason)] as [string, string]] : []),
                ...(charger.online ? [] : [['Now', 'Not known: the charger is offline'] as [string, string]]),
            ]} />
        </>
    );
}

function stopping(charger: Charger, id: number, tx: Transaction): Operation {
    return {
        name: 'RemoteStopTransaction', body: { transactionId: tx.transaction_id }, doing: `Stopping at connector ${id}`,
        sure: `Stop charging at connector ${id} of ${charger.identity}? The energy goes off and transaction ${tx.transaction_id} ends; the vehicle can then be unplugged.`,
        yes: 'Stop charging', done: 'The charger stops; its meter reading comes with the end of the transaction.',
        refused: 'It knows no such transaction. Look whether it has ended already; otherwise stop it at the charger.',
    };
}

function starting(charger: Charger, id: number, tag: string): Operation {
    return {
        name: 'RemoteStartTransaction', body: { idTag: tag, connectorId: id }, doing: `Starting at connector ${id}`,
        sure: `Start charging at connector ${id} of ${charger.identity} with the tag ${tag}? Energy flows as soon as a vehicle is plugged in, and the session is the tag's.`,
        yes: 'Start charging', done: 'The charger starts as soon as a vehicle is plugged in.',
        refused: 'Look whether the connector is free and without a fault, and whether the tag may charge.',
    };
}

function unlocking(charger: Charger, id: number, tx: Transaction | null): Operation {
    return {
        name: 'UnlockConnector', body: { connectorId: id }, doing: `Unlocking connector ${id}`,
        sure: `Unlock connector ${id} of ${charger.identity}?${tx ? ` Transaction ${tx.transaction_id} runs there and ends.` : ''} The plug can then be pulled out.`,
        yes: 'Unlock', done: 'The connector is unlocked.', refused: 'A cable that is fixed to the charger has no lock here; otherwise somebody has to free the plug at the charger.',
    };
}

function availability(charger: Charger, id: number, off: boolean): Operation {
    const where = id ? `Connector ${id} of ${charger.identity}` : `The whole charger ${charger.identity}`;
    return {
        name: 'ChangeAvailability', body: { connectorId: id, type: off ? 'Inoperative' : 'Operative' }, doing: off ? 'Taking it out of service' : 'Putting it into service',
        sure: `${where}: ${off ? 'take it out of service? Nobody can begin to charge there; what runs goes on to its end.' : 'put it into service? Who may charge can then begin there.'}`,
        yes: off ? 'Take out of service' : 'Put into service', done: off ? 'It is out of service.' : 'It is in service.',
        refused: 'Look at its state: a fault has to be mended first.',
    };
}

function reset(charger: Charger, type: 'Soft' | 'Hard'): Operation {
    return {
        name: 'Reset', body: { type }, doing: 'Resetting',
        sure: `Reset ${charger.identity} now? What runs ends${type === 'Soft' ? ' properly first' : ' at once, and its end is told afterwards'}; the charger is away for a while.`,
        yes: type === 'Soft' ? 'Reset' : 'Reset at once', done: 'The charger restarts.', refused: 'Wait until it is idle, or reset it at once.',
    };
}

function Connector(parts: Parts) {
    const { charger, connector, live, tags, again } = parts;
    const { connector_id: id, active } = connector;
    const { said, off, busy, start, clear } = useOperations(charger, again);
    const [typed, setTyped] = useState<string | null>(null);
    // What was said of a start or a stop is over when the session is there, or gone.
    useEffect(clear, [active?.transaction_id]);
    const tag = (typed ?? tags.find((one) => !one.blocked)?.id_tag ?? '').trim();
    const shown = charger.connectors.find((one) => one.connector_id === id);
    const fault = faultOf(shown ?? connector);
    const out = connector.status === 'Unavailable';
    const button = (label: string, operation: Operation, cls = '', also = false) => (
        <button type="button" class={`btn ${cls}`} disabled={off !== '' || busy || also} title={off} onClick={() => void start(operation)}>{label}</button>
    );
    return (
        <Card title={`Connector ${id}`} wide={alone(live) ? 8 : 6} testid={`connector-${id}`} aside={<ConnectorState status={connector.status} then={!charger.online} />}>
            {fault && <p class="failure" role="alert">{fault}</p>}
            {active ? <Session charger={charger} connector={connector} tx={active} /> : <Idle {...parts} />}
            <div class="operate">
                {!active && <TagField tags={tags} value={typed ?? tag} set={setTyped} list={`tags-${id}`} />}
                <div class="acts">
                    {active ? button('Stop charging…', stopping(charger, id, active), 'primary') : button('Start charging…', starting(charger, id, tag), 'primary', tag === '')}
                    {button('Unlock…', unlocking(charger, id, active))}
                    {button(out ? 'Put into service…' : 'Take out of service…', availability(charger, id, !out))}
                </div>
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off}</p>
                <PayLink identity={charger.identity} connector={id} />
            </div>
        </Card>
    );
}

function Whole({ charger, live, again }: { charger: Charger; live: Live; again: () => void }) {
    const { said, off, busy, start } = useOperations(charger, again);
    const main = live.connectors.find((one) => one.connector_id === 0);
    const out = main?.status === 'Unavailable';
    const vehicle = vehicleOf(live.vehicle);
    const button = (label: string, operation: Operation) => <button type="button" class="btn small" disabled={off !== '' || busy} title={off} onClick={() => void start(operation)}>{label}</button>;
    const words = [vehicle.model, typeof vehicle.soc === 'number' && `battery at ${number(vehicle.soc, 0, '%')}`, typeof vehicle.maxCurrent === 'number' && `takes up to ${number(vehicle.maxCurrent, 0, 'A')}`].filter(Boolean).join(', ');
    return (
        <Card title="The whole charger" wide={alone(live) ? 4 : 6} aside={main && <ConnectorState status={main.status} then={!charger.online} />}>
            <div class="whole">
                <Facts rows={[
                    ['Made by', [charger.vendor, charger.model].filter(Boolean).join(' ') || 'Not said yet'],
                    ['Serial number', charger.serial || '–'],
                    ['Firmware', charger.firmware || '–'],
                    ['Restarted', <Ago at_ms={charger.booted_at_ms} otherwise="not said yet" />],
                    ...(words ? [['Last vehicle', <>{words}, <Ago at_ms={live.vehicle_at_ms} /></>] as [string, preact.JSX.Element]] : []),
                ]} />
            </div>
            <div class="operate">
                <div class="acts">
                    {button(out ? 'Put into service…' : 'Take out of service…', availability(charger, 0, !out))}
                    {button('Reset…', reset(charger, 'Soft'))}
                    {button('Reset at once…', reset(charger, 'Hard'))}
                </div>
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off}</p>
            </div>
        </Card>
    );
}

export function Connectors({ charger, again }: { charger: Charger; again: () => void }) {
    const fresh = useFresh(() => getLive(charger.identity), EVERY_MS, [charger.identity], signOf(charger.identity));
    const [tags, setTags] = useState<Tag[]>([]);
    useEffect(() => void listTags().then((page) => setTags(page.tags), () => undefined), []);
    const live = fresh.value;
    const both = () => (fresh.again(), again());
    return (
        <>
            <Stale fresh={fresh} what={`Connectors of ${charger.identity}`} />
            {live && (
                <div class="grid">
                    {live.connectors.filter((one) => one.connector_id > 0).map((connector) => (
                        <Connector key={connector.connector_id} charger={charger} connector={connector} live={live} tags={tags} again={both} />
                    ))}
                    <Whole charger={charger} live={live} again={both} />
                </div>
            )}
            {live && !live.connectors.some((one) => one.connector_id > 0) && <p class="empty" role="status">It has told of no connector yet. It does when it connects.</p>}
        </>
    );
}
