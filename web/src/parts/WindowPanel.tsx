// SPDX-License-Identifier: Apache-2.0
// The window itself: where it is, where it goes, why the model wants it there, and the hand that
// moves it.
import { useEffect, useState } from 'preact/hooks';
import { call, devicePath, type Decision, type Device } from '../api';
import { ago, humidity, percent, sound, temperature } from '../format';

/** A casement seen from above: the sash turns by up to 75 degrees. */
function Drawing({ position, target }: { position: number; target: number }) {
    const sash = (pct: number, cls: string) => {
        const angle = (pct / 100) * 75 * (Math.PI / 180);
        return <line class={cls} x1="20" y1="96" x2={20 + 120 * Math.cos(angle)} y2={96 - 120 * Math.sin(angle)} />;
    };
    return (
        <svg class="drawing" viewBox="0 -24 160 132" role="img" aria-label={`Window ${Math.round(position)} percent open, target ${Math.round(target)} percent`}>
            <path class="frame" d="M0 96h20M140 96h20" />
            {Math.abs(target - position) > 1 && sash(target, 'sash target')}
            {sash(position, 'sash')}
            <circle class="hinge" cx="20" cy="96" r="5" />
        </svg>
    );
}

function Reasons({ decision }: { decision: Decision }) {
    return (
        <section class="card">
            <h2>The model's decision</h2>
            <p class="big">{percent(decision.position)} open</p>
            <label class="confidence">
                Confidence {percent(decision.confidence * 100)}
                <meter min={0} max={1} low={0.3} high={0.6} optimum={1} value={decision.confidence} />
            </label>
            <h3>Because</h3>
            <dl class="facts">
                <dt>Temperature</dt><dd>{temperature(decision.temperature)}</dd>
                <dt>Humidity</dt><dd>{humidity(decision.humidity)}</dd>
                <dt>Sound</dt><dd>{sound(decision.sound)}</dd>
                {decision.model_version && (<><dt>Model</dt><dd>{decision.model_version}</dd></>)}
                <dt>Decided</dt><dd>{ago(decision.at_ms)}</dd>
            </dl>
        </section>
    );
}

function Hand({ device }: { device: Device }) {
    const [wanted, setWanted] = useState(Math.round(device.window?.target ?? 0));
    const [touched, setTouched] = useState(false);
    const [said, setSaid] = useState('');

    useEffect(() => {
        if (!touched) setWanted(Math.round(device.window?.target ?? 0));
    }, [device.window?.target, touched]);

    async function move(event: Event) {
        event.preventDefault();
        try {
            await call('PUT', `${devicePath(device.device_id)}/position`, { position: wanted });
            setSaid(`Moving to ${wanted} %. The model learns from your choice.`);
            setTouched(false);
        } catch (error) {
            setSaid(`Not moved: ${(error as Error).message}`);
        }
    }

    return (
        <form class="hand" onSubmit={move}>
            <h3>By hand</h3>
            <label>
                Open to <output>{wanted} %</output>
                <input type="range" name="position" min="0" max="100" step="5" value={wanted}
                    onInput={(e) => (setTouched(true), setWanted(Number((e.target as HTMLInputElement).value)))} />
            </label>
            <button class="primary" disabled={!device.online}>Move the window</button>
            <p role="status">{device.online ? said : 'The device is offline.'}</p>
        </form>
    );
}

export function WindowPanel({ device }: { device: Device }) {
    const state = device.window;
    if (!state) return null;
    return (
        <div class="columns">
            <section class="card">
                <h2>Window</h2>
                <Drawing position={state.position} target={state.target} />
                <p class="big" aria-live="polite">
                    <span data-testid="position">{percent(state.position)}</span>
                    <small>{state.moving ? ` moving to ${percent(state.target)}` : ' open'}</small>
                </p>
                {!state.calibrated && <p class="warning">The travel is not calibrated yet.</p>}
                {state.fault && <p class="failure" role="alert">Motor: {state.fault.replaceAll('_', ' ')}</p>}
                <Hand device={device} />
            </section>
            {device.decision ? <Reasons decision={device.decision} /> : (
                <section class="card"><h2>The model's decision</h2><p class="empty">No decision yet. The model is asked once temperature, humidity and sound have arrived.</p></section>
            )}
        </div>
    );
}
