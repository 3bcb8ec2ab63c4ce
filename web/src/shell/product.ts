// SPDX-License-Identifier: Apache-2.0
// What a product brings to the console. Each part may be left out; a device whose type no product
// knows gets the generic page. A product is a folder of products/ and a line in products/index.ts:
//
//     export const lamp: Product = {
//         type: 'lamp', one: 'Lamp', many: 'Lamps', icon: 'M8 2a4 4 0 0 1 2 7.5V11H6V9.500A4 4 0 0 1 8 2z',
//         now: (device) => (counterOf(device, 'lit') ? 'On' : 'Off'),
//         Panel: ({ device }) => <Card title="Lamp"><p class="big">{lamp.now!(device)}</p></Card>,
//         actions: [{ command: 'on', label: 'Switch on' }, { command: 'off', label: 'Switch off' }],
//     };
import type { FunctionComponent } from 'preact';
import type { Device } from '../hub/api';
import type { EventHandler } from '../hub/fleet';

/** A column of the device table, shown when the table holds this product alone. */
export interface Column { key: string; label: string; value: (device: Device) => string }

/** A chart of the device's history: a metric of GET /devices/{id}/history. */
export interface Metric {
    metric: string; label: string; unit: string; decimals: number;
    now?: (device: Device) => number | null | undefined; // as the rest of the page has it; otherwise the newest point
    color: string;                     // a token: "--c-temp"
    span?: [low: number, high: number]; // the scale, where it is fixed
    least?: number;                    // the least that the scale spans otherwise
    step?: boolean;                    // holds until it changes: drawn in steps, never with a gap
}

/** A command of the device as a button. `sure` is asked first. */
export interface Action { command: string; label: string; args?: object; sure?: string }

/** A setting of the device, as the commands "settings" and "set" know it. `per`: how many of the
 *  device's unit make one of the shown (1000 for seconds of a setting in ms). Without min: a switch. */
export interface Setting { key: string; label: string; unit?: string; per?: number; min?: number; max?: number; choices?: string[] }

/** A page of its own, in the rail: #/children and what is below. */
export interface Page {
    path: string; label: string; icon: string; Page: FunctionComponent<{ path: string[] }>;
    under?: string; // not in the rail itself: the place there that it belongs to
}

export interface Product {
    type: string;
    one: string;
    many: string;
    icon: string; // a path in a box of 16 by 16, drawn as a line
    /** Which devices are of this product; without it those of its type. */
    owns?: (device: Device) => boolean;
    /** How it is now in one short sentence. */
    now?: (device: Device) => string;
    columns?: Column[];
    /** The inside of its card on the overview. */
    Summary?: FunctionComponent<{ devices: Device[] }>;
    /** What its device page begins with: cards. */
    Panel?: FunctionComponent<{ device: Device }>;
    pages?: Page[];
    /** Which of its devices speak only a protocol of their own: they take no command or setting that every device has, and
     *  their health is the Panel's to tell. None, when it is left out. */
    foreign?: (device: Device) => boolean;
    metrics?: Metric[];
    /** Its own commands, the most used one first. */
    actions?: Action[];
    /** Faults that a command of its own remedies: the fault's name and the command. */
    remedies?: Record<string, string>;
    settings?: Setting[];
    /** What its live events change, by the event's name. */
    events?: Record<string, EventHandler>;
}

let registered: Product[] = [];

export function register(products: Product[]): void {
    registered = products;
}

export const products = (): Product[] => registered;

export const productOf = (device: Device): Product | undefined =>
    registered.find((product) => (product.owns ? product.owns(device) : product.type === device.type));

export const pages = (): Page[] => registered.flatMap((product) => product.pages ?? []);

export const handlersOf = (event: string): EventHandler[] =>
    registered.flatMap((product) => product.events?.[event] ?? []);

/** A member that only this product's devices have. */
export const part = <T>(device: Device, member: string): T | null => (device[member] as T | undefined) ?? null;

/** A counter of its own that the product has in its health; null while unknown. */
export function counterOf(device: Device, name: string): number | null {
    const value = device.health?.[name];
    return typeof value === 'number' ? value : null;
}

export const isForeign = (device: Device): boolean => productOf(device)?.foreign?.(device) ?? false;

/** What kind of thing it is, in words. */
export const kindOf = (device: Device): string => productOf(device)?.one ?? (device.type || 'Unknown kind');
