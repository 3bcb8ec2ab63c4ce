// SPDX-License-Identifier: Apache-2.0
// The frame of every page: rail, banner, and the page that the address names.
import { useEffect } from 'preact/hooks';
import { startLive } from '../hub/fleet';
import { startReadiness } from '../hub/readiness';
import { reach, retryNow } from '../hub/live';
import { session } from '../hub/session';
import { Account } from './Account';
import { ClockDoubt } from './ClockFault';
import { DevicePage } from './DevicePage';
import { Devices } from './Devices';
import { exactly, since } from './format';
import { Icon } from './Icon';
import { Overview } from './Overview';
import { handlersOf, pages } from './product';
import { Question } from './Question';
import { Rail } from './Rail';
import { href, route, useTitle } from './router';
import { SignIn } from './SignIn';

function Nowhere() {
    useTitle('No such page');
    return (
        <>
            <div class="page-head"><h1>There is no such page</h1></div>
            <p><a href={href([])}>Go to the overview</a></p>
        </>
    );
}

function Page() {
    const [first, id, more] = route.value.path;
    const own = pages().find((page) => page.path === first);
    if (!first) return <Overview />;
    if (first === 'devices' && !id) return <Devices />;
    if (first === 'devices' && !more) return <DevicePage key={id} id={id} />;
    if (first === 'account' && !id) return <Account />;
    if (own && !more) return <own.Page path={route.value.path.slice(1)} />;
    return <Nowhere />;
}

/** Over the whole width while the hub does not answer. */
function HubLost() {
    const now = reach.value;
    return (
        <div role="alert">
            {now.state === 'lost' && (
                <div class="hub-lost">
                    <Icon name="warning" />
                    <p>
                        <strong>The hub cannot be reached since <time dateTime={new Date(now.since_ms).toISOString()} title={exactly(now.since_ms)}>{since(now.since_ms)}</time>.</strong>{' '}
                        {now.why !== 'The hub cannot be reached.' && `${now.why} `}Values are as they were then; what needs the hub is off. It is tried again by itself.
                    </p>
                    <button type="button" class="btn small" onClick={retryNow}>Try now</button>
                </div>
            )}
        </div>
    );
}

function SignedIn() {
    const where = route.value.path.join('/');
    useEffect(() => startLive(handlersOf), []);
    useEffect(startReadiness, []);
    useEffect(() => {
        scrollTo(0, 0);
        document.getElementById('main')?.focus({ preventScroll: true });
    }, [where]);
    return (
        <div class="app">
            <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), document.getElementById('main')!.focus())}>Skip to content</a>
            <Rail />
            <main id="main" tabIndex={-1} class={reach.value.state === 'lost' ? 'stale' : ''}>
                <HubLost />
                <ClockDoubt />
                <div class="wrap"><Page /></div>
            </main>
            <Question />
        </div>
    );
}

export const App = () => (session.value ? <SignedIn /> : <SignIn />);
