// SPDX-License-Identifier: Apache-2.0
// Payments and the ledger: what was paid, used and given back, and every difference between them.
import { useState } from 'preact/hooks';
import { Ago, Card, Figures } from '../../shell/Card';
import { plural } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { href, route, setQuery, useTitle } from '../../shell/router';
import { useFresh } from './fresh';
import { ACCOUNTS, getLedger, hasOf, listPayments, money, PAYMENT, type Account, type Ledger, type Payment } from './money';
import { PaymentPage } from './PaymentPage';
import { Places, Stale } from './Tabs';

const EVERY_MS = 10000;

export function PaymentState({ payment, pill }: { payment: Payment; pill?: boolean }) {
    const [word, tone, shape] = PAYMENT[payment.state];
    return <span class={`st ${tone} ${pill ? 'pill' : ''}`}><Icon name={shape} />{word}</span>;
}

function Row({ payment }: { payment: Payment }) {
    const { currency } = payment;
    return (
        <tr>
            <th scope="row" class="a1"><a href={href(['payments', payment.payment_id])}>{payment.payment_id.slice(0, 8)}</a></th>
            <td class="a2"><PaymentState payment={payment} /></td>
            <td class="c1"><a href={href(['chargers', payment.identity])}>{payment.identity}</a> <small>connector {payment.connector_id}</small></td>
            <td class="b1 num"><Ago at_ms={payment.made_at_ms} /></td>
            <td class="b2 r num">{money(payment.amount, currency)}</td>
            <td class="r num wide">{money(payment.used_amount, currency)}</td>
            <td class="r num wide">{money(payment.refund_amount, currency)}</td>
        </tr>
    );
}

function Books({ ledger, currency }: { ledger: Ledger; currency: string }) {
    return (
        <Card title="Ledger" wide={12} aside={ledger.adds_up ? <span class="st ok"><Icon name="ok" />Adds up</span> : <span class="st critical"><Icon name="critical" />{plural(ledger.difference_count, 'difference', 'differences')}</span>}>
            <Figures rows={(Object.keys(ACCOUNTS) as Account[]).map((account) => [money(hasOf(account, ledger.accounts[account]), currency), ACCOUNTS[account]])} />
            {ledger.differences.length > 0 && (
                <>
                    <p class="failure" role="alert">Payments and entries do not agree. Compare each with the provider's own statement before anything is paid out.</p>
                    <ul class="list">
                        {ledger.differences.map((one, i) => (
                            <li key={i}><a href={href(['payments', one.payment_id])}>{one.payment_id.slice(0, 8)}</a><span class="grow">{one.account === null ? 'its entries do not add up' : `${ACCOUNTS[one.account]}: ${money(hasOf(one.account, one.expected), currency)} expected, ${money(hasOf(one.account, one.found), currency)} found`}</span><b class="num">{money(one.found - one.expected, currency)}</b></li>
                        ))}
                    </ul>
                </>
            )}
        </Card>
    );
}

function List() {
    useTitle('Payments');
    const { query } = route.value;
    const state = query.get('state') ?? '';
    const identity = query.get('identity') ?? '';
    const [wanted, setWanted] = useState(50);
    const fresh = useFresh(async () => ({ ...(await listPayments({ state, identity, limit: wanted })), ledger: await getLedger() }), EVERY_MS, [state, identity, wanted]);
    const payments = fresh.value?.payments ?? [];
    return (
        <>
            <div class="page-head"><h1>Payments</h1></div>
            <Places here="payments" />
            <div class="filters" role="search">
                <label class={state ? 'chip on' : 'chip'}>State
                    <select value={state} onChange={(event) => setQuery({ state: (event.target as HTMLSelectElement).value })}><option value="">any</option>{Object.entries(PAYMENT).map(([key, [word]]) => <option key={key} value={key}>{word.toLowerCase()}</option>)}</select>
                </label>
                {(state || identity) && <a class="btn quiet small" href={href(['payments'])}><Icon name="cross" />Clear</a>}
            </div>
            <Stale fresh={fresh} what="Payments" />
            {payments.length > 0 && (
                <div class="card flush">
                    <div class="scroll" tabIndex={0} role="region" aria-label="Payments, scrolls sideways">
                        <table class="table duo payments">
                            <caption class="sr">Payments</caption>
                            <thead><tr><th scope="col">Payment</th><th scope="col">State</th><th scope="col">Charger</th><th scope="col">Made</th><th scope="col" class="r">Paid</th><th scope="col" class="r wide">Used</th><th scope="col" class="r wide">Given back</th></tr></thead>
                            <tbody>{payments.map((payment) => <Row key={payment.payment_id} payment={payment} />)}</tbody>
                        </table>
                    </div>
                    <footer class="foot"><span role="status">{plural(payments.length, 'payment', 'payments')}, newest first</span>{fresh.value?.more && wanted < 1000 && <button type="button" class="btn small" onClick={() => setWanted(Math.min(1000, wanted * 2))}>Show more</button>}</footer>
                </div>
            )}
            {fresh.value && payments.length === 0 && <p class="empty" role="status">{state || identity ? 'No payment matches.' : 'Nobody has paid here yet.'}</p>}
            {fresh.value && <div class="grid"><Books ledger={fresh.value.ledger} currency={payments[0]?.currency ?? 'EUR'} /></div>}
        </>
    );
}

export function Payments({ path }: { path: string[] }) {
    return path[0] ? <PaymentPage key={path[0]} id={path[0]} /> : <List />;
}
