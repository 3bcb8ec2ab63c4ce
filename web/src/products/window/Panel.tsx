// SPDX-License-Identifier: Apache-2.0
// The window itself: where it is, where it goes, why the model wants it there, and the hand that
// moves it.
import { useEffect, useState } from 'preact/hooks';
import { call, devicePath, type Device } from '../../hub/api';
import { Ago, Card, Facts } from '../../shell/Card';
import { whyNot } from '../../shell/command';
import { humidity, percent, sound, temperature } from './climate';
import { Now } from './Now';
import { decisionOf, stateOf, type Decision, type WindowState } from './state';

const REACH = 120; // of the sash in the drawing
const WIDEST_DEG = 75;

function tip(position: number, reach = REACH): [x: number, y: number] {
    const angle = (position / 100) * WIDEST_DEG * (Math.PI / 180);
    return [24 + reach * Math.cos(angle), 118 - reach * Math.sin(angle)];
}

/** A casement seen from above: it turns outwards by up to 75 degrees. */
function Drawing({ position, target }: { position: number; target: number }) {
    const sash = (at: number, cls: string) => {
        const [x, y] = tip(at);
        return <line class={cls} x1="24" y1="118" x2={x} y2={y} />;
    };
    return (
        <svg class="drawing sash-drawing" viewBox="0 -20 176 150" role="img" aria-label={`Window ${Math.round(position)} percent open, target ${Math.round(target)} percent`}>
            <path class="wall" d="M0 112h24v12H0zM144 112h32v12h-32z" />
            <path class="sill" d="M24 118h120" />
            <path class="travel" d={`M${tip(0).join(' ')}A${REACH} ${REACH} 0 0 0 ${tip(100).join(' ')}`} />
            {[25, 50, 75, 100].map((mark) => {
                const [x, y] = tip(mark, REACH + 11);
                return <text key={mark} class="mark" x={x} y={y + 3}>{mark}</text>;
            })}
            {Math.abs(target - position) > 1 && sash(target, 'sash target')}
            {sash(position, 'sash')}
            {sash(position, 'glass')}
            <circle class="hinge" cx="24" cy="118" r="4.5" />
        </svg>
    );
}

function Hand({ device, state }: { device: Device; state: WindowState }) {
    const [wanted, setWanted] = useState(Math.round(state.target));
    const [touched, setTouched] = useState(false);
    const [said, setSaid] = useState('');
    const reason = whyNot(device);

    useEffect(() => {
        if (!touched) setWanted(Math.round(state.target));
    }, [state.target, touched]);

    async function move(event: Event) {
        event.preventDefault();
        try {
            await call('PUT', `${devicePath(device.device_id)}/position`, { position: wanted });
            setSaid(`Moving to ${wanted}\u202f%. The model learns from your choice.`);
            setTouched(false);
        } catch (error) {
            setSaid(`Not moved: ${(error as Error).message}`);
        }
    }

    return (
        <form class="hand" onSubmit={move}>
            <label>
                <span class="lbl">By hand, open to <output>{wanted}{'\u202f'}%</output></span>
                <input type="range" name="position" min="0" max="100" step="5" value={wanted}
                    onInput={(e) => (setTouched(true), setWanted(Number((e.target as HTMLInputElement).value)))} />
            </label>
            <div class="acts"><button class="btn primary" disabled={reason !== ''}>Move the window</button></div>
            <p class="hint" role="status">{reason || said}</p>
        </form>
    );
}

function Reasons({ decision }: { decision: Decision | null }) {
    if (!decision)
        return <Card title="The model's decision"><p class="hint">No decision yet. The model is asked once temperature, humidity and sound have arrived.</p></Card>;
    return (
        <Card title="The model's decision" aside={<span class="hint"><Ago at_ms={decision.at_ms} /></span>}>
            <p class="big">{percent(decision.position)} <small>open</small></p>
            <div class="confidence">
                <p class="lbl">Confidence <b>{percent(decision.confidence * 100)}</b></p>
                <div class="bar" role="meter" aria-label="Confidence" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(decision.confidence * 100)}>
                    <i style={{ width: `${decision.confidence * 100}%` }} />
                </div>
            </div>
            <Facts rows={[
                ['Temperature', temperature(decision.temperature)],
                ['Humidity', humidity(decision.humidity)],
                ['Sound', sound(decision.sound)],
            ]} />
            <footer>{decision.model_version ? `Model ${decision.model_version}` : 'Model without a name'}</footer>
        </Card>
    );
}

export function WindowPanel({ device }: { device: Device }) {
    const state = stateOf(device);
    return (
        <>
            <Card title="Window">
                {state ? (
                    <>
                        <Drawing position={state.position} target={state.target} />
                        <p class="big" aria-live="polite">
                            <span data-testid="position">{percent(state.position)}</span>{' '}
                            <small>{state.moving ? `moving to ${percent(state.target)}` : 'open'}</small>
                        </p>
                        {!state.calibrated && <p class="notice">The travel is not calibrated yet.</p>}
                        {state.fault && <p class="failure" role="alert">Motor: {state.fault.replaceAll('_', ' ')}</p>}
                        <Hand device={device} state={state} />
                    </>
                ) : <p class="hint">It has not said where it stands.</p>}
            </Card>
            <Reasons decision={decisionOf(device)} />
            <Now device={device} />
        </>
    );
}
