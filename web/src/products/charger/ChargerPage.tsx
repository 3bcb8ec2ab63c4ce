// SPDX-License-Identifier: Apache-2.0
// One charger: its connectors live, what it is set to, who it is to the hub, what was said.
import { devices } from '../../hub/fleet';
import { Ago } from '../../shell/Card';
import { Icon } from '../../shell/Icon';
import { deviceHref, href, route, useTitle } from '../../shell/router';
import { getCharger, type Charger } from './api';
import { Certificates } from './Certificates';
import { Configuration } from './Configuration';
import { Connectors } from './Connectors';
import { signOf, useFresh } from './fresh';
import { Messages } from './Messages';
import { Plans } from './Plans';
import { Security } from './Security';
import { Service } from './Service';
import { faultsOf, Online } from './State';
import { Stale } from './Tabs';

const EVERY_MS = 5000;
const TABS: [tab: string, label: string][] = [['', 'Connectors'], ['plans', 'Plans'], ['configuration', 'Settings'], ['security', 'Security'], ['certificates', 'Certificates'], ['service', 'Service'], ['messages', 'Messages']];

function Head({ charger }: { charger: Charger }) {
    const device = devices.value[charger.identity];
    return (
        <div class="dev-head">
            <nav class="crumb" aria-label="Where this is"><a href={href(['chargers'])}>Chargers</a><Icon name="chevron" /></nav>
            <h1 class="ell" title={charger.identity}>{charger.identity}</h1>
            <span class="states"><Online charger={charger} pill /></span>
            <span class="meta">{[charger.vendor, charger.model, charger.firmware].filter(Boolean).join(' · ')}{charger.booted && ' · '}last seen <Ago at_ms={charger.seen_at_ms} otherwise="not since the hub began" /></span>
            <span class="acts">
                <a class="btn small" href={href(['transactions'], { identity: charger.identity })}>Transactions</a>
                {device?.type === 'charger' && <a class="btn small" href={deviceHref(charger.identity)}>In the fleet</a>}
            </span>
        </div>
    );
}

function Faults({ charger }: { charger: Charger }) {
    const faults = faultsOf(charger);
    const health = devices.value[charger.identity]?.health;
    if (!faults.length) return null;
    return (
        <div class="banner crit" role="alert">
            <Icon name="critical" />
            <p><strong>{faults.join('; ')}</strong> {health?.fault_action ?? 'Look at the charger; what it says stands in the messages log.'}</p>
        </div>
    );
}

export function ChargerPage({ identity }: { identity: string }) {
    useTitle(identity);
    const fresh = useFresh(() => getCharger(identity), EVERY_MS, [identity], signOf(identity));
    const charger = fresh.value;
    const tab = route.value.query.get('tab') ?? '';
    if (!charger) {
        const unknown = fresh.failure?.status === 404;
        return (
            <>
                <div class="page-head"><h1>{unknown ? 'Unknown charger' : identity}</h1></div>
                {unknown ? <p role="status">No charger <b>{identity}</b> is entered here. <a href={href(['chargers'])}>See all chargers</a></p> : <Stale fresh={fresh} what={identity} />}
            </>
        );
    }
    return (
        <>
            <Head charger={charger} />
            <Stale fresh={fresh} what={identity} />
            <Faults charger={charger} />
            <nav class="tabs parts" aria-label="Parts of this charger">
                {TABS.map(([key, label]) => <a key={key} href={href(['chargers', identity], { tab: key })} aria-current={tab === key ? 'page' : undefined}>{label}</a>)}
            </nav>
            {tab === '' && <Connectors charger={charger} again={fresh.again} />}
            {tab === 'plans' && <Plans charger={charger} />}
            {tab === 'configuration' && <Configuration charger={charger} />}
            {tab === 'security' && <Security charger={charger} changed={fresh.put} />}
            {tab === 'certificates' && <Certificates charger={charger} />}
            {tab === 'service' && <Service charger={charger} />}
            {tab === 'messages' && <Messages identity={identity} />}
        </>
    );
}
