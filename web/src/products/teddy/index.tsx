// SPDX-License-Identifier: Apache-2.0
// The voice companion, and the children it may talk with.
import './teddy.css';
import { count, number } from '../../shell/format';
import type { Product } from '../../shell/product';
import { Children } from './Children';
import { TeddyPanel, TeddySummary } from './Panel';
import { saysNow, voiceOf } from './voice';

export const teddy: Product = {
    type: 'teddy',
    one: 'Teddy',
    many: 'Teddies',
    icon: 'M4 5.500a1.800 1.800 0 1 1 2.200-2 5 5 0 0 1 3.600 0 1.800 1.800 0 1 1 2.200 2 5 5 0 1 1-8 0zM6.500 8v.1M9.500 8v.1M7 10.500h2',
    now: saysNow,
    columns: [
        { key: 'turns', label: 'Turns', value: (device) => count(voiceOf(device)?.turns ?? 0) },
        { key: 'sessions', label: 'Sessions', value: (device) => count(voiceOf(device)?.sessions ?? 0) },
        { key: 'first', label: 'First sound', value: (device) => number(voiceOf(device)?.last_turn?.first_sound_ms, 0, 'ms') },
    ],
    Summary: TeddySummary,
    Panel: TeddyPanel,
    pages: [{ path: 'children', label: 'Children', icon: 'M5.500 3a1.800 1.800 0 1 1 0 3.600 1.800 1.800 0 0 1 0-3.600zM2 13a3.500 3.500 0 0 1 7 0M11 5a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM10.500 10a3 3 0 0 1 3.500 3', Page: Children }],
};
