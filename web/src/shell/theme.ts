// SPDX-License-Identifier: Apache-2.0
// Light or dark: as the system has it, or as chosen for this browser.
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'roost-theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const forced = matchMedia('(forced-colors: active)');

function stored(): Theme {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
}

export const theme = signal<Theme>(stored());
/** What it looks like now; what is drawn by hand is drawn anew with it. */
export const look = signal('');

function apply(): void {
    const chosen = theme.value;
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    look.value = `${chosen} ${system.matches} ${forced.matches}`;
}

export function choose(chosen: Theme): void {
    localStorage.setItem(KEY, chosen);
    theme.value = chosen;
    apply();
}

system.addEventListener('change', apply);
forced.addEventListener('change', apply);
addEventListener('storage', (event) => event.key === KEY && ((theme.value = stored()), apply()));
apply();

/** A token's colour as a canvas takes it. */
export function colorOf(element: HTMLElement, token: string): string {
    const probe = element.appendChild(document.createElement('i'));
    probe.style.color = `var(${token})`;
    const color = getComputedStyle(probe).color;
    probe.remove();
    return color;
}
