// SPDX-License-Identifier: Apache-2.0
// What was charged and is being charged, newest first; what is filtered by stands in the address.
import { useEffect, useState } from 'preact/hooks';
import { Ago } from '../../shell/Card';
import { plural } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { href, route, setQuery, useTitle } from '../../shell/router';
import { CHOICE, listChargers, listTransactions, type Transaction } from './api';
import { signOf, useFresh } from './fresh';
import { TransactionState } from './State';
import { Places, Stale } from './Tabs';
import { TransactionPage } from './TransactionPage';
import { energy, flagOf, lengthOf, reasonOf, STATES } from './words';

const EVERY_MS = 10000;
const FILTERS = ['identity', 'id_tag', 'state'];

function Row({ tx }: { tx: Transaction }) {
    return (
        <tr>
            <th scope="row" class="a1"><a href={href(['transactions', String(tx.transaction_id)])}>{tx.transaction_id}</a></th>
            <td class="c1 where"><a href={href(['chargers', tx.identity])}>{tx.identity}</a>{tx.connector_id > 0 && <small> connector {tx.connector_id}</small>}</td>
            <td class="tag-of wide">{tx.id_tag ?? tx.stop_id_tag ?? '–'}</td>
            <td class="a2"><TransactionState state={tx.state} />{!tx.billable && tx.state !== 'open' && <span class="tag">not billed</span>}</td>
            <td class="b1 num"><Ago at_ms={tx.started_at_ms ?? tx.stopped_at_ms} otherwise="at an unknown time" /></td>
            <td class="r num wide">{lengthOf(tx)}</td>
            <td class="b2 r num">{energy(tx.energy_wh)}</td>
            <td class="why widest">{[reasonOf(tx.reason), ...tx.flags.map((flag) => flagOf(flag)[0])].filter((text) => text !== '–').join('; ')}</td>
        </tr>
    );
}

function Table({ shown }: { shown: Transaction[] }) {
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label="Transactions, scrolls sideways">
            <table class="table duo transactions">
                <caption class="sr">Transactions</caption>
                <thead><tr><th scope="col">Transaction</th><th scope="col">Charger</th><th scope="col" class="wide">Tag</th><th scope="col">State</th><th scope="col">Began</th><th scope="col" class="r wide">Length</th><th scope="col" class="r">Energy</th><th scope="col" class="widest">Ended because</th></tr></thead>
                <tbody>{shown.map((tx) => <Row key={tx.transaction_id} tx={tx} />)}</tbody>
            </table>
        </div>
    );
}

let typing = 0;

function Filters({ asked }: { asked: Record<string, string> }) {
    const [chargers, setChargers] = useState<string[]>([]);
    useEffect(() => void listChargers('', CHOICE).then((page) => setChargers(page.chargers.map((one) => one.identity)), () => undefined), []);
    const names = asked.identity && !chargers.includes(asked.identity) ? [asked.identity, ...chargers] : chargers;
    const set = (name: string) => (event: Event) => setQuery({ [name]: (event.target as HTMLSelectElement).value });
    const tag = (event: Event) => {
        const id_tag = (event.target as HTMLInputElement).value.trim();
        clearTimeout(typing);
        typing = setTimeout(() => setQuery({ id_tag }), 250) as unknown as number;
    };
    return (
        <div class="filters" role="search">
            <label class="with-icon"><span class="sr">Tag</span><Icon name="search" /><input class="input" type="search" maxLength={20} placeholder="Tag" defaultValue={asked.id_tag} key={asked.id_tag ? 'set' : 'none'} onInput={tag} /></label>
            <label class={asked.identity ? 'chip on' : 'chip'}>Charger
                <select value={asked.identity} onChange={set('identity')}><option value="">any</option>{names.map((one) => <option key={one}>{one}</option>)}</select>
            </label>
            <label class={asked.state ? 'chip on' : 'chip'}>State
                <select value={asked.state} onChange={set('state')}><option value="">any</option>{Object.entries(STATES).map(([key, word]) => <option key={key} value={key}>{word.toLowerCase()}</option>)}</select>
            </label>
            {FILTERS.some((name) => asked[name]) && <a class="btn quiet small" href={href(['transactions'])}><Icon name="cross" />Clear</a>}
        </div>
    );
}

function List() {
    useTitle('Transactions');
    const asked = Object.fromEntries(FILTERS.map((name) => [name, route.value.query.get(name) ?? '']));
    const key = JSON.stringify(asked);
    const [wanted, setWanted] = useState(50);
    const fresh = useFresh(() => listTransactions({ ...asked, limit: wanted }), EVERY_MS, [key, wanted], signOf());
    const shown = fresh.value?.transactions ?? [];
    return (
        <>
            <div class="page-head"><h1>Transactions</h1></div>
            <Places here="transactions" />
            <Filters asked={asked} />
            <Stale fresh={fresh} what="Transactions" />
            {shown.length > 0 && (
                <div class="card flush"><Table shown={shown} />
                    <footer class="foot"><span role="status">{plural(shown.length, 'transaction', 'transactions')}, newest first</span>
                        {fresh.value?.more && wanted < 1000 && <button type="button" class="btn small" onClick={() => setWanted(Math.min(1000, wanted * 2))}>Show more</button>}
                    </footer>
                </div>
            )}
            {fresh.value && shown.length === 0 && <p class="empty" role="status">{FILTERS.some((name) => asked[name]) ? 'No transaction matches.' : 'Nothing has been charged yet.'}</p>}
        </>
    );
}

export function Transactions({ path }: { path: string[] }) {
    return path[0] ? <TransactionPage key={path[0]} id={path[0]} /> : <List />;
}
