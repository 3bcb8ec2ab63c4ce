// SPDX-License-Identifier: Apache-2.0
// Fields that several forms of chargers have.
import type { Tag } from './api';

/** A moment as an input of the browser's own time takes it. */
export function localOf(at_ms: number | null): string {
    if (at_ms === null) return '';
    const at = new Date(at_ms);
    return new Date(at_ms - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

/** A tag by name, from those that are known; another can be typed. */
export function TagField({ tags, value, set, list }: { tags: Tag[]; value: string; set: (tag: string) => void; list: string }) {
    return (
        <label class="field"><span>Tag</span>
            <input class="input" list={list} value={value} maxLength={20} autocomplete="off" spellcheck={false} onInput={(event) => set((event.target as HTMLInputElement).value)} />
            <datalist id={list}>{tags.filter((tag) => !tag.blocked).map((tag) => <option key={tag.id_tag} value={tag.id_tag} />)}</datalist>
        </label>
    );
}
