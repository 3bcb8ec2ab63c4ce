// SPDX-License-Identifier: Apache-2.0
// The charger, what was charged at it, and who may charge.
import './charger.css';
import { count } from '../../shell/format';
import type { Product } from '../../shell/product';
import { Calendar } from './Calendar';
import { Chargers } from './Chargers';
import { ChargerPanel, ChargerSummary, knownOf, saysNow } from './Panel';
import { Payments } from './Payments';
import { Sites } from './Sites';
import { Tags } from './Tags';
import { Tariffs } from './Tariffs';
import { Templates } from './Templates';
import { Transactions } from './Transactions';

const ICON = 'M3 13.500v-10a1 1 0 0 1 1-1h4.500a1 1 0 0 1 1 1v10M2 13.500h8.500M9.500 7h1.200a1 1 0 0 1 1 1v2.500a1.200 1.200 0 0 0 2.300 0V5.500L12.200 3.500M6.700 4.800 5 8h2.500l-1.200 2.800';

export const charger: Product = {
    type: 'charger',
    one: 'Charger',
    many: 'Chargers',
    icon: ICON,
    now: saysNow,
    columns: [
        { key: 'running', label: 'Running', value: (device) => count(knownOf(device)?.open_transactions ?? 0) },
        { key: 'firmware', label: 'Firmware', value: (device) => device.health?.firmware ?? '–' },
    ],
    Summary: ChargerSummary,
    Panel: ChargerPanel,
    // One of ours says by OCPP's DataTransfer what every device says, and takes every device's commands.
    foreign: (device) => !device.health?.boots,
    settings: [
        { key: 'start_mode', label: 'Begins by: 0 a card, 1 the plug, 2 the button', min: 0, max: 2 },
        { key: 'terms', label: 'When nobody can be asked: 0 private, 1 roaming, 2 prepaid', min: 0, max: 2 },
    ],
    pages: [
        { path: 'chargers', label: 'Chargers', icon: ICON, Page: Chargers },
        { path: 'transactions', label: 'Transactions', icon: ICON, under: 'chargers', Page: Transactions },
        { path: 'tags', label: 'Tags', icon: ICON, under: 'chargers', Page: Tags },
        { path: 'sites', label: 'Sites', icon: ICON, under: 'chargers', Page: Sites },
        { path: 'templates', label: 'Templates', icon: ICON, under: 'chargers', Page: Templates },
        { path: 'tariffs', label: 'Tariffs', icon: ICON, under: 'chargers', Page: Tariffs },
        { path: 'payments', label: 'Payments', icon: ICON, under: 'chargers', Page: Payments },
        { path: 'certificates', label: 'Certificates', icon: ICON, under: 'chargers', Page: Calendar },
    ],
};
