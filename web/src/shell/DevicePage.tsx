// SPDX-License-Identifier: Apache-2.0
// One device: what its product brings, then what every device has.
import { useEffect, useState } from 'preact/hooks';
import type { Device } from '../hub/api';
import { changeDevice, devices, loadDevice } from '../hub/fleet';
import { reach } from '../hub/live';
import { Ago, Card, Facts } from './Card';
import { whyNot } from './command';
import { act, Commands } from './Commands';
import { ClockBanner } from './ClockFault';
import { FaultBanner } from './FaultBanner';
import { Connection, Health } from './Health';
import { History } from './History';
import { Icon } from './Icon';
import { isForeign, kindOf, productOf } from './product';
import { Refused } from './Refused';
import { href, useTitle } from './router';
import { RemoveDevice } from './Removal';
import { Settings } from './Settings';
import { ConnectivityState, DeviceCondition } from './State';
import { Update } from './Update';

function About({ device }: { device: Device }) {
    const [failure, setFailure] = useState('');
    const lost = reach.value.state === 'lost';

    const change = (part: object) => changeDevice(device.device_id, part).then(() => setFailure(''), (error) => setFailure((error as Error).message));
    const field = (key: 'name' | 'location', label: string) => (
        <label class="field"><span>{label}</span>
            <input class="input" value={device[key]} maxLength={64} disabled={lost} onChange={(e) => change({ [key]: (e.target as HTMLInputElement).value })} />
        </label>
    );
    return (
        <Card title="About">
            <div class="fields">{field('name', 'Name')}{field('location', 'Place')}</div>
            <Facts rows={[['Device id', device.device_id], ['Kind', kindOf(device)], ['Registered', <Ago at_ms={device.registered_at_ms} />]]} />
            {failure && <p class="failure" role="alert">{failure}</p>}
            <RemoveDevice device={device} off={lost} />
        </Card>
    );
}

/** Nothing of an unclaimed device is stored, so the claim comes before everything. */
function Claim({ device }: { device: Device }) {
    const [failure, setFailure] = useState('');
    if (device.claimed) return null;
    const claim = () => changeDevice(device.device_id, { claimed: true }).catch((error) => setFailure((error as Error).message));
    return (
        <div class="banner">
            <Icon name="hand" />
            <p><strong>This device waits to be claimed.</strong> Nothing it sends is kept until then. {failure && <span class="failure" role="alert">{failure}</span>}</p>
            <div class="acts"><button type="button" class="btn primary" onClick={claim}>Claim this device</button></div>
        </div>
    );
}

function Head({ device }: { device: Device }) {
    const [failure, setFailure] = useState('');
    const first = productOf(device)?.actions?.[0];
    return (
        <div class="dev-head">
            <nav class="crumb" aria-label="Where this is"><a href={href(['devices'])}>Devices</a><Icon name="chevron" /></nav>
            <h1 class="ell" title={device.name || device.device_id}>{device.name || device.device_id}</h1>
            <span class="states"><ConnectivityState value={device.connectivity} pill /><DeviceCondition device={device} pill /></span>
            <span class="meta">{[kindOf(device), device.location, device.health?.firmware].filter(Boolean).join(' · ')} · heard <Ago at_ms={device.last_seen_at_ms} /></span>
            {first && (
                <span class="acts">
                    {failure && <span class="failure" role="alert">{failure}</span>}
                    <button type="button" class="btn" disabled={whyNot(device) !== ''} title={whyNot(device)} onClick={async () => setFailure(await act(device, first))}>{first.label}</button>
                </span>
            )}
        </div>
    );
}

function Missing({ id, failure, again }: { id: string; failure: { status?: number; message: string } | null; again: () => void }) {
    const unknown = failure?.status === 404;
    return (
        <>
            <div class="page-head"><h1>{unknown ? 'Unknown device' : id}</h1></div>
            {unknown
                ? <p role="status">No device <b>{id}</b> is registered here. <a href={href(['devices'])}>See all devices</a></p>
                : <p class={failure ? 'failure' : 'hint'} role="status">{failure?.message ?? 'Loading…'}</p>}
            {failure && !unknown && <div class="acts"><button type="button" class="btn" onClick={again}>Try again</button></div>}
        </>
    );
}

export function DevicePage({ id }: { id: string }) {
    const [failure, setFailure] = useState<{ status?: number; message: string } | null>(null);
    const device = devices.value[id];
    useTitle(device ? device.name || id : failure?.status === 404 ? 'Unknown device' : id);
    // Once more when the hub is back: what came meanwhile was missed.
    const { state } = reach.value;
    const load = () => loadDevice(id).then(() => setFailure(null), setFailure);
    useEffect(() => {
        if (state !== 'lost') void load();
    }, [id, state]);

    if (!device) return <Missing id={id} failure={failure} again={load} />;
    const product = productOf(device);
    return (
        <>
            <Head device={device} />
            <Claim device={device} />
            <FaultBanner device={device} />
            <ClockBanner device={device} />
            <div class="grid">
                {product?.Panel && <product.Panel device={device} />}
                {product?.metrics && <History id={id} metrics={product.metrics} />}
                {!isForeign(device) && <><Health device={device} /><Connection device={device} /></>}
                <Refused device={device} />
                <Update device={device} />
                <About device={device} />
                {!isForeign(device) && <><Commands device={device} /><Settings device={device} /></>}
            </div>
        </>
    );
}
