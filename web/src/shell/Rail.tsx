// SPDX-License-Identifier: Apache-2.0
// Where one can go, and at its foot whether this is live and who is signed in. On phones it is a bar at
// the bottom, and its foot is the page "Account".
import { reach } from '../hub/live';
import { session, signOut } from '../hub/session';
import { Icon, type IconName } from './Icon';
import { pages } from './product';
import { href, route } from './router';

interface Place { path: string[]; label: string; icon?: IconName; line?: string; phone?: boolean }

const places = (): Place[] => [
    { path: [], label: 'Overview', icon: 'home' },
    { path: ['devices'], label: 'Devices', icon: 'devices' },
    ...pages().filter((page) => !page.under).map(({ path, label, icon }) => ({ path: [path], label, line: icon })),
    { path: ['account'], label: 'Account', icon: 'user', phone: true },
];

const LIVE = { live: 'Live', connecting: 'Connecting…', lost: 'Not live' };

export function LiveState() {
    const { state } = reach.value;
    return (
        <span class={`st ${state === 'live' ? 'online' : 'late'}`} role="status">
            <Icon name={state === 'live' ? 'online' : state === 'lost' ? 'offline' : 'late'} />{LIVE[state]}
        </span>
    );
}

export function Rail() {
    const first = route.value.path[0] ?? '';
    const here = pages().find((page) => page.path === first)?.under ?? first;
    return (
        <header class="rail">
            <a class="brand" href={href([])}><img src="./icon.svg" alt="" width="26" height="26" /><span>Roost</span></a>
            <nav class="nav" aria-label="Main">
                {places().map(({ path, label, icon, line, phone }) => (
                    <a key={label} href={href(path)} class={phone ? 'phone' : ''} aria-current={here === (path[0] ?? '') ? 'page' : undefined}>
                        <Icon name={icon} path={line} />{label}
                    </a>
                ))}
            </nav>
            <div class="rail-foot">
                <LiveState />
                <a href={href(['account'])} class="long ell" title={session.value?.operator.email}>{session.value?.operator.email}</a>
                <button type="button" class="btn quiet small" onClick={signOut}><Icon name="out" />Sign out</button>
            </div>
        </header>
    );
}
