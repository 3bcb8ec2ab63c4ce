// SPDX-License-Identifier: Apache-2.0
// How a teddy talks: its sessions, and how long each stage of the last turn took. No words.
import type { Device } from '../../hub/api';
import { Ago, Card, Facts, Figures } from '../../shell/Card';
import { count, number, sentence } from '../../shell/format';
import { DeviceLines } from '../../shell/DeviceLines';
import { href } from '../../shell/router';
import { saysNow, STAGES, voiceOf } from './voice';

export function TeddyPanel({ device }: { device: Device }) {
    const voice = voiceOf(device);
    const turn = voice?.last_turn;
    return (
        <>
            <Card title="Talk" aside={<a class="link" href={href(['children'])}>Children</a>}>
                <p class="big">{saysNow(device)}</p>
                {voice && !voice.consent && voice.connected && <p class="hint">Nothing of its sound is taken until a parent has agreed.</p>}
                <Figures rows={[[count(voice?.sessions ?? 0), 'sessions'], [count(voice?.turns ?? 0), 'turns'], [count(voice?.lost ?? 0), 'lost sockets'], [count(voice?.resumed ?? 0), 'resumed']]} />
            </Card>
            <Card title="Last turn" wide={8} aside={turn && <span class="hint"><Ago at_ms={turn.at_ms} /></span>}>
                {turn
                    ? <Facts rows={[['Ended', sentence(turn.end.replaceAll('_', ' '))], ...STAGES.map(([key, label]): [string, string] => [label, number(turn[`${key}_ms`], 0, 'ms')])]} />
                    : <p class="hint">Nobody has spoken with it since the hub began.</p>}
            </Card>
        </>
    );
}

export function TeddySummary({ devices }: { devices: Device[] }) {
    const voices = devices.map(voiceOf).filter((voice) => voice !== null);
    return (
        <>
            <p class="big">{count(voices.filter((voice) => voice.talking).length)} <small>talking now</small></p>
            <Figures rows={[
                [count(voices.filter((voice) => voice.connected).length), 'connected'],
                [count(voices.reduce((sum, voice) => sum + voice.turns, 0)), 'turns'],
                [count(voices.filter((voice) => voice.connected && !voice.consent).length), 'wait for consent'],
            ]} />
            <DeviceLines devices={devices} />
        </>
    );
}
