// SPDX-License-Identifier: Apache-2.0
// The calendar of chargers' certificates: what ends when, month by month, and what has been done about it.
import { Ago, Card, Figures } from '../../shell/Card';
import { count, exactly } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { href, route, setQuery, useTitle } from '../../shell/router';
import { CERTIFICATE, leftOf, listCertificates, type Certificate } from './certificate';
import { signOf, useFresh } from './fresh';
import { Places, Stale } from './Tabs';

const WITHIN: [days: string, label: string][] = [['', 'any'], ['30', 'within 30 days'], ['7', 'within 7 days'], ['0', 'today, or has']];
const day = new Intl.DateTimeFormat([], { dateStyle: 'medium' });
const month = new Intl.DateTimeFormat([], { month: 'long', year: 'numeric' });

export function CertificateLine({ one, of }: { one: Certificate; of?: boolean }) {
    const [word, tone, shape] = leftOf(one.days_left);
    return (
        <li class="certificate">
            <time dateTime={new Date(one.until_ms).toISOString()} title={exactly(one.until_ms)}>{day.format(one.until_ms)}</time>
            <span class="grow">
                {of && <a href={href(['chargers', one.identity], { tab: 'certificates' })}>{one.identity}</a>}
                {of && one.name === one.identity ? ' ' : <b> {one.name} </b>}
                <small>{CERTIFICATE[one.state]}, number <code>{one.serial}</code>{one.renewal_asked_at_ms && <>, asked for a new one <Ago at_ms={one.renewal_asked_at_ms} /></>}</small>
            </span>
            <span class={`st ${tone}`}><Icon name={shape} />{word}</span>
        </li>
    );
}

function months(certificates: Certificate[]): [name: string, some: Certificate[]][] {
    const groups = new Map<string, Certificate[]>();
    for (const one of certificates) {
        const name = month.format(one.until_ms);
        groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    return [...groups];
}

export function Calendar() {
    useTitle('Certificates');
    const days = route.value.query.get('days') ?? '';
    const fresh = useFresh(() => listCertificates({ days, limit: 1000 }), 30000, [days], signOf());
    const known = fresh.value;
    return (
        <>
            <div class="page-head"><h1>Certificates</h1>{known && <span class="hint">{count(known.certificates.length)}{known.more && ' and more'}</span>}</div>
            <Places here="certificates" />
            <div class="filters" role="search">
                <label class={days ? 'chip on' : 'chip'}>Ends
                    <select value={days} onChange={(event) => setQuery({ days: (event.target as HTMLSelectElement).value })}>{WITHIN.map(([value, label]) => <option key={value} value={value}>{label}</option>)}</select>
                </label>
            </div>
            <Stale fresh={fresh} what="Certificates" />
            {known && known.certificates.length === 0 && <p class="empty" role="status">{days ? 'No certificate ends by then.' : 'No charger has asked for a certificate here, nor come with one.'}</p>}
            {known && known.certificates.length > 0 && (
                <div class="grid">
                    <Card title="Chargers whose certificate ends" wide={12}><Figures rows={[[count(known.expiring.within_30_days), 'within 30 days'], [count(known.expiring.within_7_days), 'within 7 days'], [count(known.expiring.expired), 'has expired']]} /></Card>
                    {months(known.certificates).map(([name, some]) => <Card key={name} title={name} wide={12}><ul class="list">{some.map((one) => <CertificateLine key={one.certificate_id} one={one} of />)}</ul></Card>)}
                </div>
            )}
        </>
    );
}
