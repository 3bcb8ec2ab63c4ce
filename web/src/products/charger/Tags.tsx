// SPDX-License-Identifier: Apache-2.0
// Who may charge: tags are added, changed, blocked and deleted.
import { useState } from 'preact/hooks';
import { now } from '../../hub/clock';
import { reach } from '../../hub/live';
import { Card } from '../../shell/Card';
import { count, exactly, plural, since } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { href, route, setQuery, useTitle } from '../../shell/router';
import { addTag, changeTag, getTag, listTags, removeTag, type Tag } from './api';
import { localOf } from './fields';
import { useFresh } from './fresh';
import { Places, Stale } from './Tabs';

const EVERY_MS = 30000;
const MOST = 5000;

const off = () => reach.value.state === 'lost';
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function TagState({ tag }: { tag: Tag }) {
    if (tag.blocked) return <span class="st critical"><Icon name="offline" />Blocked</span>;
    if (tag.expires_at_ms !== null && tag.expires_at_ms <= now.value) return <span class="st warning"><Icon name="warning" />Expired</span>;
    return <span class="st ok"><Icon name="ok" />May charge</span>;
}

function Row({ tag, block, remove }: { tag: Tag; block: (tag: Tag) => void; remove: (tag: Tag) => void }) {
    return (
        <tr>
            <th scope="row" class="a1"><a href={href(['tags'], { tag: tag.id_tag })}>{tag.id_tag}</a></th>
            <td class="a2"><TagState tag={tag} /></td>
            <td class="wide">{tag.parent_id_tag ?? '–'}</td>
            <td class="b1 num">{tag.expires_at_ms === null ? 'for ever' : <>until <time dateTime={new Date(tag.expires_at_ms).toISOString()} title={exactly(tag.expires_at_ms)}>{since(tag.expires_at_ms)}</time></>}</td>
            <td class="r num wide">{tag.limit ? count(tag.limit) : 'any'}</td>
            <td class="b2 r"><span class="acts end">
                <button type="button" class="btn small" disabled={off()} onClick={() => block(tag)}>{tag.blocked ? 'Unblock' : 'Block…'}<span class="sr"> {tag.id_tag}</span></button>
                <button type="button" class="btn small" disabled={off()} onClick={() => remove(tag)}>Delete…<span class="sr"> {tag.id_tag}</span></button>
            </span></td>
        </tr>
    );
}

function Form({ tag, send, close }: { tag?: Tag; send: (tag: Tag) => Promise<void>; close?: () => void }) {
    const [failure, setFailure] = useState('');
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        const data = new FormData(form);
        const text = (name: string) => String(data.get(name) ?? '').trim();
        const id_tag = tag?.id_tag ?? text('id_tag');
        setFailure('');
        await send({
            id_tag, parent_id_tag: text('parent_id_tag') || null, blocked: data.get('blocked') !== null,
            expires_at_ms: text('expires') ? new Date(text('expires')).getTime() : null, limit: Number(text('limit') || 0),
        }).then(() => tag || form.reset(), (error) => setFailure(`The tag ${id_tag} was not ${tag ? 'changed' : 'added'}. ${(error as Error).message}`));
    }
    return (
        <form class="fields many" onSubmit={submit}>
            {!tag && <label class="field"><span>Tag</span><input class="input" name="id_tag" required maxLength={20} autocomplete="off" spellcheck={false} /></label>}
            <label class="field"><span>Group</span><input class="input" name="parent_id_tag" maxLength={20} autocomplete="off" spellcheck={false} defaultValue={tag?.parent_id_tag ?? ''} placeholder="none" /></label>
            <label class="field"><span>Good until</span><input class="input" name="expires" type="datetime-local" defaultValue={localOf(tag?.expires_at_ms ?? null)} /></label>
            <label class="field"><span>At once, at most <small>0: any</small></span><input class="input" name="limit" type="number" min={0} max={1000} defaultValue={tag?.limit ?? 0} /></label>
            <label class="field"><span>Blocked</span><input type="checkbox" name="blocked" defaultChecked={tag?.blocked ?? false} /></label>
            <div class="acts">
                <button class="btn primary" disabled={off()}>{tag ? 'Save' : 'Add'}</button>
                {close && <button type="button" class="btn" onClick={close}>Close</button>}
            </div>
            <p class="failure" role="alert">{failure}</p>
        </form>
    );
}

function Change({ id, changed }: { id: string; changed: () => void }) {
    const fresh = useFresh(() => getTag(id), 0, [id]);
    const tag = fresh.value;
    const close = () => setQuery({ tag: '' });
    return (
        <Card title={`Tag ${id}`} wide={12} aside={tag && <a class="link" href={href(['transactions'], { id_tag: id })}>{plural(tag.transaction_count, 'transaction', 'transactions')}{tag.open_count > 0 && `, ${count(tag.open_count)} running`}</a>}>
            <Stale fresh={fresh} what={`Tag ${id}`} />
            {tag && <Form key={JSON.stringify(tag)} tag={tag} close={close} send={async (now) => { await changeTag(now); fresh.again(); changed(); }} />}
        </Card>
    );
}

async function all(): Promise<{ tags: Tag[]; more: boolean }> {
    const tags: Tag[] = [];
    while (tags.length < MOST) {
        const page = await listTags(tags[tags.length - 1]?.id_tag);
        tags.push(...page.tags);
        if (!page.more || page.tags.length === 0) return { tags, more: false };
    }
    return { tags, more: true };
}

export function Tags() {
    useTitle('Tags');
    const fresh = useFresh(all, EVERY_MS, []);
    const [failure, setFailure] = useState('');
    const { query } = route.value;
    const q = query.get('q') ?? '';
    const chosen = query.get('tag') ?? '';
    const known = fresh.value?.tags ?? [];
    const shown = known.filter((tag) => `${tag.id_tag} ${tag.parent_id_tag ?? ''}`.toLowerCase().includes(q.toLowerCase()));

    const attempt = (doing: string, what: Promise<unknown>) => what.then(() => (setFailure(''), fresh.again()), (error) => setFailure(`${doing} did not succeed. ${(error as Error).message}`));
    async function block(tag: Tag) {
        if (!tag.blocked && !(await ask(`Block the tag ${tag.id_tag}? It can begin nowhere any more; what runs with it goes on.`, 'Block'))) return;
        await attempt(`${tag.blocked ? 'Unblocking' : 'Blocking'} ${tag.id_tag}`, changeTag({ ...tag, blocked: !tag.blocked }));
    }
    async function remove(tag: Tag) {
        if (!(await ask(`Delete the tag ${tag.id_tag}? It may not charge any more. Its transactions stay.`, 'Delete'))) return;
        if (same(chosen, tag.id_tag)) setQuery({ tag: '' });
        await attempt(`Deleting ${tag.id_tag}`, removeTag(tag.id_tag));
    }
    return (
        <>
            <div class="page-head"><h1>Tags</h1>{fresh.value && <span class="hint">{count(known.length)}{fresh.value.more && ' and more'}</span>}</div>
            <Places here="tags" />
            <div class="filters" role="search">
                <label class="with-icon"><span class="sr">Search tags</span><Icon name="search" /><input class="input" type="search" placeholder="Tag or group" value={q} onInput={(event) => setQuery({ q: (event.target as HTMLInputElement).value })} /></label>
            </div>
            <Stale fresh={fresh} what="Tags" />
            {failure && <p class="failure" role="alert">{failure}</p>}
            {chosen && <div class="grid"><Change key={chosen} id={chosen} changed={fresh.again} /></div>}
            {shown.length > 0 && (
                <div class="card flush">
                    <div class="scroll" tabIndex={0} role="region" aria-label="Tags, scrolls sideways">
                        <table class="table duo tags">
                            <caption class="sr">Tags</caption>
                            <thead><tr><th scope="col">Tag</th><th scope="col">State</th><th scope="col" class="wide">Group</th><th scope="col">Good</th><th scope="col" class="r wide">At once</th><th scope="col"><span class="sr">Actions</span></th></tr></thead>
                            <tbody>{shown.map((tag) => <Row key={tag.id_tag} tag={tag} block={block} remove={remove} />)}</tbody>
                        </table>
                    </div>
                </div>
            )}
            {fresh.value && shown.length === 0 && <p class="empty" role="status">{known.length ? 'No tag matches.' : 'No tag is known yet. Without one nobody charges through this hub.'}</p>}
            <div class="grid"><Card title="Add a tag" wide={12}><Form send={async (tag) => { await addTag(tag); fresh.again(); }} /></Card></div>
        </>
    );
}
