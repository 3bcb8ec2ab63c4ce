// SPDX-License-Identifier: Apache-2.0
// One payment: what was paid, used and given back, its entries of the ledger, and a person's decision where one is needed.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Ago, Card, Facts, Figures } from '../../shell/Card';
import { clock, duration } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { href, useTitle } from '../../shell/router';
import { useFresh } from './fresh';
import { ACCOUNTS, decidePayment, digitsOf, getPayment, majorOf, minorOf, money, type PaymentWhole } from './money';
import { PaymentState } from './Payments';
import { Stale } from './Tabs';
import { PricesIn } from './Tariffs';
import { energy, spaced } from './words';

function Decide({ payment, again }: { payment: PaymentWhole; again: () => void }) {
    const [failure, setFailure] = useState('');
    const { currency, amount } = payment;
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const used = minorOf(Number(new FormData(event.target as HTMLFormElement).get('used')), currency);
        setFailure('');
        if (!(await ask(`Take ${money(Math.min(used, amount), currency)} for this session and give back ${money(Math.max(0, amount - used), currency)}? The provider is asked at once.`, 'Decide'))) return;
        await decidePayment(payment.payment_id, used).then(again, (error) => setFailure(`It was not decided. ${(error as Error).message}`));
    }
    return (
        <div class="banner warn" role="status">
            <Icon name="warning" />
            <div>
                <strong>What this session costs is in doubt, and a person decides.</strong>
                <p>{payment.transaction_id ? <>Look at <a href={href(['transactions', String(payment.transaction_id)])}>transaction {payment.transaction_id}</a> and what is odd about it.</> : 'No transaction is known for it.'} {money(amount, currency)} were paid; what you do not take is given back.</p>
                <form class="row-form" onSubmit={submit}>
                    <label class="field short"><span>It costs</span><input class="input" name="used" type="number" required min={0} step={10 ** -digitsOf(currency)} inputMode="decimal" defaultValue={majorOf(payment.used_amount, currency)} /></label>
                    <button class="btn primary" disabled={reach.value.state === 'lost'}>Decide…</button>
                </form>
                {failure && <p class="failure" role="alert">{failure}</p>}
            </div>
        </div>
    );
}

function Entries({ payment }: { payment: PaymentWhole }) {
    return (
        <Card title="Entries of the ledger" wide={12}>
            {payment.entries.length === 0 && <p class="hint">None: nothing was paid.</p>}
            {payment.entries.length > 0 && <p class="hint">Double entry: what one account gets another gives, so those of an event add up to nothing.</p>}
            <ol class="list">
                {payment.entries.map((entry) => (
                    <li key={entry.number}><time dateTime={new Date(entry.at_ms).toISOString()}>{clock(entry.at_ms)}</time><span class="grow"><b>{ACCOUNTS[entry.account]}</b> <small>{spaced(entry.event.replaceAll('_', ' '))}</small></span><b class="num">{money(entry.amount, payment.currency)}</b></li>
                ))}
            </ol>
        </Card>
    );
}

export function PaymentPage({ id }: { id: string }) {
    useTitle('Payment');
    const fresh = useFresh(() => getPayment(id), 5000, [id]);
    const payment = fresh.value;
    const unknown = !payment && (fresh.failure?.status === 404 || fresh.failure?.status === 400);
    const { currency = 'EUR' } = payment ?? {};
    return (
        <>
            <div class="dev-head">
                <nav class="crumb" aria-label="Where this is"><a href={href(['payments'])}>Payments</a><Icon name="chevron" /></nav>
                <h1 class="ell" title={id}>{unknown ? 'Unknown payment' : `Payment ${id.slice(0, 8)}`}</h1>
                {payment && <span class="states"><PaymentState payment={payment} pill /></span>}
                {payment && <span class="meta">{payment.identity}, connector {payment.connector_id}</span>}
            </div>
            {unknown ? <p role="status">There is no such payment. <a href={href(['payments'])}>See all payments</a></p> : <Stale fresh={fresh} what="The payment" />}
            {payment && (
                <>
                    {payment.state === 'held' && <Decide payment={payment} again={fresh.again} />}
                    <div class="grid">
                        <Card title="Sums" wide={12}><Figures rows={[
                            [money(payment.amount, currency), payment.state === 'new' || payment.state === 'begun' || payment.state === 'unpaid' ? 'asked for' : 'paid'], [money(payment.used_amount, currency), 'used'], [money(payment.refund_amount, currency), 'given back'],
                            ...(payment.over_amount ? [[money(payment.over_amount, currency), 'beyond, nobody\'s claim'] as [string, string]] : []), [money(payment.fee_amount, currency), 'provider\'s fee'],
                        ]} /></Card>
                        <Card title="Session" wide={6}><Facts rows={[
                            ['Transaction', payment.transaction_id ? <a href={href(['transactions', String(payment.transaction_id)])}>{payment.transaction_id}</a> : 'none yet'],
                            ['Charger', <a href={href(['chargers', payment.identity])}>{payment.identity}</a>],
                            ['At most', [payment.limit_wh !== null && energy(payment.limit_wh), payment.limit_s !== null && duration(payment.limit_s * 1000), money(payment.amount, currency)].filter(Boolean).join(', ')],
                            ['Made', <Ago at_ms={payment.made_at_ms} />], ['Changed', <Ago at_ms={payment.changed_at_ms} />],
                            ['Provider\'s reference', payment.reference ?? '–'], ['Number', <code class="wraps">{payment.payment_id}</code>],
                        ]} /></Card>
                        <Card title="Prices" wide={6}>{payment.tariff ? <><p>{payment.tariff.name}</p><PricesIn prices={payment.tariff} /></> : <p class="hint">No tariff held.</p>}</Card>
                        <Entries payment={payment} />
                    </div>
                </>
            )}
        </>
    );
}
