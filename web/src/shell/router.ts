// SPDX-License-Identifier: Apache-2.0
// Pages are parts of the address behind '#': #/devices/attic-12?hours=24. So the hub serves one file,
// and reload, back and a link sent to somebody else show the same.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

export interface Route { path: string[]; query: URLSearchParams }

function decoded(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

function parse(hash: string): Route {
    const [path, query = ''] = hash.replace(/^#?\/?/, '').split('?');
    return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

export const route = signal<Route>(parse(location.hash));
addEventListener('hashchange', () => (route.value = parse(location.hash)));

export function href(path: string[], query: Record<string, string> = {}): string {
    const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
    return `#/${path.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

export const deviceHref = (id: string): string => href(['devices', id]);

/** Changes what stands behind '?' of this page; an empty value takes a name out. No step for "back". */
export function setQuery(changes: Record<string, string>): void {
    const { path, query } = route.value;
    const hash = href(path, { ...Object.fromEntries(query), ...changes });
    history.replaceState(history.state, '', hash);
    route.value = parse(hash);
}

/** What the browser's tab says. */
export function useTitle(title: string): void {
    useEffect(() => void (document.title = `${title} · Roost`), [title]);
}
