// SPDX-License-Identifier: Apache-2.0
// What the console shows of a lamp (web/src/shell/product.ts).
import { counterOf, type Product } from '../../web/src/shell/product';

export const lamp: Product = {
    type: 'lamp', one: 'Lamp', many: 'Lamps', icon: 'M8 2a4 4 0 0 1 2 7.500V11H6V9.500A4 4 0 0 1 8 2zM6.500 13h3',
    now: (device) => ({ 0: 'Off', 1: 'On' })[counterOf(device, 'lit') ?? -1] ?? 'Not known',
    actions: [{ command: 'on', label: 'Switch on' }, { command: 'off', label: 'Switch off' }],
    settings: [{ key: 'off_after_minutes', label: 'Goes off after', unit: 'min', min: 0, max: 1440 }],
};
