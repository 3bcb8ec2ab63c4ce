// SPDX-License-Identifier: Apache-2.0
// The window itself: where it is, where it goes, why the model wants it there, and the hand that
// moves it.
import { useEffect, useId, useState } from 'preact/hooks';
import { call, devicePath, type Device } from '../../hub/api';
import { Ago, Card, Facts } from '../../shell/Card';
import { answerTo, Refused, whyNot } from '../../shell/command';
import { humidity, percent, sound, temperature } from './climate';
import { Now } from './Now';
import { decisionOf, stateOf, type Decision, type WindowState } from './state';

const REACH = 120; // of the sash in the drawing
const WIDEST_DEG = 75;
const OPEN_TO = 'Open by hand to';

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

interface Said { text: string; bad?: boolean; busy?: boolean }

/** Moves it and tells how that went: refused by the hub, refused by the device, unanswered, or begun. */
async function moveTo(id: string, position: number, say: (said: Said) => void): Promise<boolean> {
    const percents = `${position}\u202f%`;
    let sent = false;
    say({ text: `Asking it to move to ${percents}…`, busy: true });
    try {
        const { command_id } = await call<{ command_id: string }>('PUT', `${devicePath(id)}/position`, { position });
        sent = true;
        await answerTo(command_id);
        say({ text: `Moving to ${percents}. The model learns from your choice.` });
        return true;
    } catch (error) {
        const why = (error as Error).message;
        say({ text: sent && !(error instanceof Refused) ? `Not known whether it moves: ${why}` : `Not moved: ${why}`, bad: true });
        return false;
    }
}

function Hand({ device, state }: { device: Device; state: WindowState }) {
    const [wanted, setWanted] = useState(Math.round(state.target));
    const [touched, setTouched] = useState(false);
    const [said, setSaid] = useState<Said>({ text: '' });
    const id = useId();
    const reason = whyNot(device);

    useEffect(() => {
        if (!touched) setWanted(Math.round(state.target));
    }, [state.target, touched]);

    async function move(event: Event) {
        event.preventDefault();
        if (await moveTo(device.device_id, wanted, setSaid)) setTouched(false);
    }

    return (
        <form class="hand" onSubmit={move}>
            <p class="lbl"><label for={id}>{OPEN_TO}</label> <b aria-hidden="true">{wanted}{'\u202f'}%</b></p>
            <input id={id} type="range" name="position" aria-label={OPEN_TO} min="0" max="100" step="5" value={wanted} aria-valuetext={`${wanted} percent open`}
                onInput={(e) => (setTouched(true), setWanted(Number((e.target as HTMLInputElement).value)))} />
            <div class="acts"><button class="btn primary" disabled={reason !== '' || said.busy === true}>Move the window</button></div>
            <p class={said.bad ? 'failure' : 'hint'} role="status">{[said.bad || !reason ? said.text : '', reason].filter(Boolean).join(' ')}</p>
        </form>
    );
}

function Reasons({ decision }: { decision: Decision | null }) {
    if (!decision)
        return <Card title="The model's decision"><p class="hint">No decision yet. The model is asked once temperature, humidity and sound have arrived.</p></Card>;
    return (
        <Card title="The model's decision" aside={<span class="hint"><Ago at_ms={decision.at_ms} otherwise="at an unknown time" /></span>}>
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
