// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { ago, exactly } from './format';

interface Props {
    title: string;
    aside?: ComponentChildren; // at the end of the head
    wide?: 4 | 6 | 8 | 12;     // of twelve parts of a row
    testid?: string;
    children?: ComponentChildren;
}

/** A part of a page with a head of its own. Cards of one row are equally high. */
export function Card({ title, aside, wide = 4, testid, children }: Props) {
    const id = useId();
    return (
        <section class={`card c${wide}`} aria-labelledby={id} data-testid={testid}>
            <header><h2 id={id}>{title}</h2>{aside}</header>
            {children}
        </section>
    );
}

/** Names and values. */
export function Facts({ rows }: { rows: [name: string, value: ComponentChildren][] }) {
    return <dl class="facts">{rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd>{value}</dd>])}</dl>;
}

/** Numbers that are read at a glance. */
export function Figures({ rows }: { rows: [value: ComponentChildren, label: string][] }) {
    return <ul class="kvs">{rows.map(([value, label]) => <li class="kv" key={label}><b>{value}</b><span>{label}</span></li>)}</ul>;
}

/** A time as people say it; exactly when pointed at. */
export function Ago({ at_ms, otherwise = 'never' }: { at_ms: number | null | undefined; otherwise?: string }) {
    return at_ms ? <time dateTime={new Date(at_ms).toISOString()} title={exactly(at_ms)}>{ago(at_ms)}</time> : <>{otherwise}</>;
}
