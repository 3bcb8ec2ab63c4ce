// SPDX-License-Identifier: Apache-2.0
// What the hub knows of a teddy beside what every device has (hub/api/openapi.json: Voice): how it talks,
// never what was said.
import type { Device } from '../../hub/api';
import { part } from '../../shell/product';

export interface Turn { at_ms: number; end: string; [stage: `${string}_ms`]: number }
export interface Voice {
    connected: boolean; consent: boolean; talking: boolean; child_name: string | null;
    sessions: number; resumed: number; lost: number; turns: number;
    last_turn: Turn | null;
}

export const voiceOf = (device: Device): Voice | null => part<Voice>(device, 'voice');

/** The stages of a turn in their order, in words. */
export const STAGES: [key: string, label: string][] = [
    ['receive', 'Sound taken in'], ['hear', 'Words recognised'], ['gate', 'Checked for safety'],
    ['answer', 'Reply begun'], ['first_sound', 'First sound sent'], ['whole', 'All of it'],
];

export function saysNow(device: Device): string {
    const voice = voiceOf(device);
    if (!voice) return '–';
    if (!voice.connected) return 'Not connected';
    if (!voice.consent) return 'Waits for consent';
    return voice.talking ? 'Talking' : 'Ready';
}
