// SPDX-License-Identifier: Apache-2.0
// What something is made of, as a bar: parts one after the other, each with a pattern of its own, and a mark.
export interface Part { w: number; kind: 'load' | 'told' | 'absent'; label: string }

export function Bar({ of_w, parts, mark_w, words }: { of_w: number; parts: Part[]; mark_w?: number; words: string }) {
    const percent = (w: number) => `${of_w > 0 ? Math.min(100, (100 * w) / of_w) : 0}%`;
    return (
        <div class="bar" role="img" aria-label={words}>
            {parts.map(({ kind, w }) => w > 0 && <i key={kind} class={kind} style={{ width: percent(w) }} />)}
            {mark_w !== undefined && <b style={{ insetInlineStart: percent(mark_w) }} />}
        </div>
    );
}

export function BarLegend({ parts }: { parts: [kind: Part['kind'] | 'free' | 'mark', label: string, value: string][] }) {
    return <ul class="bar-legend">{parts.map(([kind, label, value]) => <li key={kind}><i class={kind} />{label} <b class="num">{value}</b></li>)}</ul>;
}
