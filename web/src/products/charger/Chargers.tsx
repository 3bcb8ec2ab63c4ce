// SPDX-License-Identifier: Apache-2.0
// All chargers: who is there, what each connector does and gives, what is wrong.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Ago, Card } from '../../shell/Card';
import { count, plural } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { href, route, setQuery, useTitle } from '../../shell/router';
import { addCharger, listChargers, type Charger } from './api';
import { ChargerPage } from './ChargerPage';
import { signOf, useFresh } from './fresh';
import { Secret } from './Secret';
import { ConnectorState, faultsOf, guns, Online } from './State';
import { Places, Stale } from './Tabs';
import { power } from './words';

const EVERY_MS = 5000;
const MOST = 1000; // chargers that are shown; who has more searches

/** Of what is known; null when nothing is. */
function sumOf(values: (number | null)[]): number | null {
    const known = values.filter((w) => w !== null);
    return known.length ? known.reduce((sum, w) => sum + w, 0) : null;
}

const powerOf = (charger: Charger): number | null => sumOf(charger.connectors.map((one) => one.power_w));

/** Why one is shown: the filter's names as they stand in the address. */
const SHOWN: Record<string, [label: string, is: (charger: Charger) => boolean]> = {
    charging: ['charging', (charger) => charger.connectors.some((one) => one.transaction_id !== null)],
    fault: ['with a fault', (charger) => faultsOf(charger).length > 0],
    offline: ['offline', (charger) => !charger.online],
    online: ['online', (charger) => charger.online],
};

const urgency = (charger: Charger): number => (faultsOf(charger).length ? 0 : charger.online ? 2 : 1);

function Connectors({ charger }: { charger: Charger }) {
    const all = guns(charger);
    if (!all.length) return <span class="hint">none told yet</span>;
    return (
        <ul class="guns">
            {all.map((one) => <li key={one.connector_id}><b class="num">{one.connector_id}</b><ConnectorState status={one.status} then={!charger.online} /></li>)}
        </ul>
    );
}

function Row({ charger }: { charger: Charger }) {
    const faults = faultsOf(charger);
    return (
        <tr>
            <th scope="row" class="a1"><a href={href(['chargers', charger.identity])}>{charger.identity}</a>{charger.registration !== 'accepted' && <span class="tag">{charger.registration}</span>}</th>
            <td class="a2"><Online charger={charger} /></td>
            <td class="b1"><Connectors charger={charger} /></td>
            <td class="b2 r num">{power(powerOf(charger))}</td>
            <td class="c1 fault">{faults.length > 0 && <span class="st critical"><Icon name="critical" /><span>{faults.join('; ')}</span></span>}</td>
            <td class="firmware wide"><span class="ell">{charger.firmware || '–'}</span></td>
            <td class="r num seen wide"><Ago at_ms={charger.seen_at_ms} otherwise="not yet" /></td>
        </tr>
    );
}

function Table({ shown }: { shown: Charger[] }) {
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Chargers, scrolls sideways">
            <table class="table duo chargers">
                <caption class="sr">Chargers with their connectors</caption>
                <thead><tr><th scope="col">Charger</th><th scope="col">Connection</th><th scope="col">Connectors</th><th scope="col" class="r">Power now</th><th scope="col">Fault</th><th scope="col" class="wide">Firmware</th><th scope="col" class="r wide">Last seen</th></tr></thead>
                <tbody>{shown.map((charger) => <Row key={charger.identity} charger={charger} />)}</tbody>
            </table>
        </div>
    );
}

function Add({ added }: { added: () => void }) {
    const [failure, setFailure] = useState('');
    const [fresh, setFresh] = useState<{ identity: string; password: string; authorization_key: string } | null>(null);

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        const identity = String(new FormData(form).get('identity')).trim();
        setFailure('');
        await addCharger(identity).then((one) => (form.reset(), setFresh(one), added()), (error) => setFailure(`${identity} was not added. ${(error as Error).message}`));
    }
    return (
        <Card title="Add a charger" wide={12}>
            <p class="hint">Only a charger whose identity is entered here may come in. It connects to <code>{`${location.origin.replace('http', 'ws')}${location.pathname.replace(/\/[^/]*$/, '')}/ocpp/`}</code> and its identity.</p>
            <form class="row-form" onSubmit={submit}>
                <label class="field"><span>Identity</span><input class="input" name="identity" required maxLength={48} autocomplete="off" spellcheck={false} /></label>
                <button class="btn primary" disabled={reach.value.state === 'lost'}>Add</button>
            </form>
            {failure && <p class="failure" role="alert">{failure}</p>}
            {fresh && <Secret identity={fresh.identity} secret={fresh} done={() => setFresh(null)} />}
        </Card>
    );
}

async function all(): Promise<{ chargers: Charger[]; more: boolean }> {
    const chargers: Charger[] = [];
    for (let more = true; more && chargers.length < MOST;) {
        const page = await listChargers(chargers[chargers.length - 1]?.identity);
        chargers.push(...page.chargers);
        more = page.more && page.chargers.length > 0;
        if (!more) return { chargers, more };
    }
    return { chargers, more: true };
}

function List() {
    useTitle('Chargers');
    const fresh = useFresh(all, EVERY_MS, [], signOf());
    const { query } = route.value;
    const q = query.get('q') ?? '';
    const show = query.get('show') ?? '';
    const known = fresh.value?.chargers ?? [];
    const shown = known
        .filter((charger) => [charger.identity, charger.vendor, charger.model, charger.firmware].some((text) => text.toLowerCase().includes(q.toLowerCase())))
        .filter((charger) => SHOWN[show]?.[1](charger) ?? true)
        .sort((a, b) => urgency(a) - urgency(b) || a.identity.localeCompare(b.identity, undefined, { numeric: true }));
    const total = sumOf(shown.map(powerOf));
    return (
        <>
            <div class="page-head"><h1>Chargers</h1>{fresh.value && <span class="hint">{count(known.length)}{fresh.value.more && ' and more'}</span>}</div>
            <Places here="chargers" />
            <div class="filters" role="search">
                <label class="with-icon"><span class="sr">Search chargers</span><Icon name="search" />
                    <input class="input" type="search" placeholder="Identity, model or firmware" value={q} onInput={(event) => setQuery({ q: (event.target as HTMLInputElement).value })} />
                </label>
                <label class={show ? 'chip on' : 'chip'}>Show
                    <select value={show} onChange={(event) => setQuery({ show: (event.target as HTMLSelectElement).value })}>
                        <option value="">all</option>
                        {Object.entries(SHOWN).map(([key, [label]]) => <option key={key} value={key}>{label}</option>)}
                    </select>
                </label>
            </div>
            <Stale fresh={fresh} what="Chargers" />
            {shown.length > 0 && (
                <div class="card flush"><Table shown={shown} />
                    <footer class="foot"><span role="status">{plural(shown.length, 'charger', 'chargers')} of {count(known.length)}, most urgent first</span>{total !== null && <span class="num sum">{power(total)} together</span>}</footer>
                </div>
            )}
            {fresh.value && shown.length === 0 && <p class="empty" role="status">{known.length ? 'No charger matches.' : 'No charger is entered here yet.'}</p>}
            <div class="grid"><Add added={fresh.again} /></div>
        </>
    );
}

export function Chargers({ path }: { path: string[] }) {
    return path[0] ? <ChargerPage key={path[0]} identity={path[0]} /> : <List />;
}
