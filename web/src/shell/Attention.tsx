// SPDX-License-Identifier: Apache-2.0
// What needs a person now: faults first, then who is away, then who waits to be claimed.
import type { Condition, Counts, Device } from '../hub/api';
import { Ago } from './Card';
import { clockWords } from './ClockFault';
import { count, plural } from './format';
import { Remedy } from './FaultBanner';
import { Icon, type IconName } from './Icon';
import { deviceHref, href } from './router';
import { CONDITION, reasonOf } from './State';

export interface Need { key: string; icon: IconName; tone: string; title: string; text: string; to: string; device?: Device }

const UNSURE = 'Its readings are kept; their times are not to be trusted.';

const nameOf = (device: Device): string => device.name || device.device_id;

function faults(all: Device[], condition: Condition, tone: string): Need[] {
    return all.filter((device) => device.condition === condition).map((device) => ({
        key: `${condition} ${device.device_id}`, icon: condition as IconName, tone,
        title: `${nameOf(device)}: ${reasonOf(device)}`,
        text: [device.location && `${device.location}.`, device.health?.fault ? device.health.fault_action : device.clock && UNSURE].filter(Boolean).join(' '),
        to: deviceHref(device.device_id), device,
    }));
}

/** Those that are not among the loaded: the rows are as many as the figure above them says. */
function others(condition: 'critical' | 'warning', number: number, tone: string): Need[] {
    if (number <= 0) return [];
    return [{
        key: `more ${condition}`, icon: condition, tone, title: `${plural(number, 'more device is', 'more devices are')} in the condition ${CONDITION[condition].toLowerCase()}`,
        text: '', to: href(['devices'], { condition }),
    }];
}

function clocks(all: Device[]): Need[] {
    const told = (device: Device) => device.condition === 'warning' && !device.health?.fault; // as a fault, already
    return all.flatMap((device) => (device.clock && !told(device) ? [{
        key: `clock ${device.device_id}`, icon: 'warning' as IconName, tone: 'warn',
        title: `${nameOf(device)}: clock ${clockWords(device.clock)}`,
        text: [device.location && `${device.location}.`, UNSURE].filter(Boolean).join(' '),
        to: deviceHref(device.device_id), device,
    }] : []));
}

/** One row for all of them, or the one by name. */
function group(key: string, icon: IconName, number: number, some: Device[], single: string, many: string, text: string, to: string): Need[] {
    if (number === 0) return [];
    const one = number === 1 && some.length === 1 ? some[0] : undefined;
    const names = some.slice(0, 3).map(nameOf).join(', ');
    return [{
        key, icon, tone: 'off', title: one ? `${nameOf(one)} ${single}` : `${count(number)} devices ${many}`,
        text: one ? text : [names && `${names}${number > Math.min(3, some.length) ? ' and more' : ''}.`, text].filter(Boolean).join(' '),
        to: one ? deviceHref(one.device_id) : to, device: one,
    }];
}

export function needsOf(all: Device[], counts: Counts | null): Need[] {
    if (!counts) return [];
    const offline = all.filter((device) => device.connectivity === 'offline');
    const unclaimed = all.filter((device) => !device.claimed);
    const of = (condition: 'critical' | 'warning', tone: string) => {
        const rows = faults(all, condition, tone);
        return [...rows, ...others(condition, counts.condition[condition] - rows.length, tone)];
    };
    return [
        ...of('critical', 'crit'),
        ...of('warning', 'warn'),
        ...clocks(all),
        ...group('offline', 'offline', counts.connectivity.offline, offline, 'is offline', 'are offline',
            'Check power and network where they are.', href(['devices'], { connectivity: 'offline' })),
        ...group('unclaimed', 'hand', counts.unclaimed, unclaimed, 'waits to be claimed', 'wait to be claimed',
            'Nothing of theirs is kept until then.', href(['devices'])),
    ];
}

export function Attention({ needs }: { needs: Need[] }) {
    if (needs.length === 0) return null;
    return (
        <section class="card flush" aria-label="Needs a person now">
            <ol>
                {needs.map((need) => (
                    <li class={`attn ${need.tone}`} key={need.key}>
                        <Icon name={need.icon} />
                        <div><h2><a href={need.to}>{need.title}</a></h2><p>{need.text}</p></div>
                        <span class="when">{need.device && <>heard <Ago at_ms={need.device.last_seen_at_ms} /></>}</span>
                        <span class="acts">
                            {need.device && !need.key.startsWith('clock') && <Remedy device={need.device} />}
                            <a class="btn" href={need.to}>Open<span class="sr"> {need.title}</span></a>
                        </span>
                    </li>
                ))}
            </ol>
        </section>
    );
}
