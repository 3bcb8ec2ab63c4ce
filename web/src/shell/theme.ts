// SPDX-License-Identifier: Apache-2.0
// Light or dark: as the system has it, or as chosen for this browser.
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'roost-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
}

export const theme = signal<Theme>(stored());
/** Whether it is dark now; what is drawn by hand follows it. */
export const dark = signal(false);

function apply(): void {
    const chosen = theme.value;
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    dark.value = chosen === 'dark' || (chosen === 'system' && system.matches);
}

export function choose(chosen: Theme): void {
    localStorage.setItem(KEY, chosen);
    theme.value = chosen;
    apply();
}

system.addEventListener('change', apply);
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
