// SPDX-License-Identifier: Apache-2.0
// What charging costs and where: tariffs are seen in words, made, changed and deleted.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Card, Facts } from '../../shell/Card';
import { count, duration } from '../../shell/format';
import { ask } from '../../shell/Question';
import { useTitle } from '../../shell/router';
import { useFresh } from './fresh';
import { listTariffs, money, partText, placeText, removeTariff, type Prices, type Tariff } from './money';
import { Places, Stale } from './Tabs';
import { TariffForm } from './TariffForm';

const EVERY_MS = 30000;

export function PricesIn({ prices }: { prices: Prices }) {
    const { currency } = prices;
    return (
        <>
            <ol class="list prices">{prices.parts.map((part, i) => { const [when, what] = partText(part, currency); return <li key={i}><span class="grow">{i > 0 && i === prices.parts.length - 1 ? 'at all other times' : when}</span><b class="num">{what}</b></li>; })}</ol>
            <Facts rows={[
                ['Each session', money(prices.start_amount, currency)],
                ['Idle for free', prices.idle_grace_s ? duration(prices.idle_grace_s * 1000) : 'no time'],
                ['Clock', prices.time_zone],
            ]} />
        </>
    );
}

function One({ tariff, again }: { tariff: Tariff; again: () => void }) {
    const [open, setOpen] = useState(false);
    const [failure, setFailure] = useState('');
    const off = reach.value.state === 'lost';
    async function remove() {
        if (!(await ask(`Delete the tariff ${tariff.name}? Sessions that run keep it; then charging costs what another tariff says there, or nothing.`, 'Delete'))) return;
        await removeTariff(tariff.tariff_id).then(again, (error) => setFailure(`The tariff was not deleted. ${(error as Error).message}`));
    }
    return (
        <Card title={tariff.name} wide={open ? 12 : 6} aside={<span class="hint">{tariff.tariff_id}, {tariff.currency}</span>}>
            {open ? <TariffForm tariff={tariff} saved={again} close={() => setOpen(false)} /> : (
                <>
                    <PricesIn prices={tariff} />
                    <p class="wraps"><b>Where:</b> {tariff.places.map(placeText).join('; ') || 'nowhere yet'}</p>
                    <div class="acts end">
                        <button type="button" class="btn small" disabled={off} onClick={() => setOpen(true)}>Change<span class="sr"> {tariff.name}</span></button>
                        <button type="button" class="btn small" disabled={off} onClick={() => void remove()}>Delete…<span class="sr"> {tariff.name}</span></button>
                    </div>
                </>
            )}
            {failure && <p class="failure" role="alert">{failure}</p>}
        </Card>
    );
}

export function Tariffs() {
    useTitle('Tariffs');
    const fresh = useFresh(listTariffs, EVERY_MS, []);
    const tariffs = fresh.value?.tariffs ?? [];
    return (
        <>
            <div class="page-head"><h1>Tariffs</h1>{fresh.value && <span class="hint">{count(tariffs.length)}</span>}</div>
            <Places here="tariffs" />
            <Stale fresh={fresh} what="Tariffs" />
            {fresh.value && tariffs.length === 0 && <p class="empty" role="status">No tariff is set yet: charging costs nothing.</p>}
            <div class="grid">
                {tariffs.map((tariff) => <One key={tariff.tariff_id} tariff={tariff} again={fresh.again} />)}
                <Card title="Make a tariff" wide={12}><TariffForm key={tariffs.length} saved={fresh.again} /></Card>
            </div>
        </>
    );
}
