// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { signal } from '@preact/signals';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { session, signOut } from './api';
import { connected } from './live';
import { startLive } from './fleet';
import { SignIn } from './pages/SignIn';
import { Fleet } from './pages/Fleet';
import { DevicePage } from './pages/DevicePage';

/** Pages are parts of the address behind '#': #/ and #/devices/ID. */
const hash = signal(location.hash);
addEventListener('hashchange', () => (hash.value = location.hash));

function Page() {
    const device = /^#\/devices\/(.+)$/.exec(hash.value);
    return device ? <DevicePage key={device[1]} id={decodeURIComponent(device[1])} /> : <Fleet />;
}

function SignedIn() {
    useEffect(() => startLive(), []);
    useEffect(() => {
        scrollTo(0, 0);
        document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
    }, [hash.value]);
    return (
        <>
            <a class="skip" href="#main" onClick={(e) => (e.preventDefault(), document.getElementById('main')!.focus())}>
                Skip to content
            </a>
            <header class="top">
                <a class="brand" href="#/">
                    <img src="/icon.svg" alt="" width="28" height="28" /> Roost
                </a>
                <span class={connected.value ? 'live on' : 'live'} role="status">
                    {connected.value ? 'Live' : 'Connecting…'}
                </span>
                <span class="who">{session.value?.operator.email}</span>
                <button type="button" onClick={signOut}>Sign out</button>
            </header>
            <main id="main" tabIndex={-1}>
                <Page />
            </main>
        </>
    );
}

const App = () => (session.value ? <SignedIn /> : <SignIn />);

render(<App />, document.getElementById('app')!);
