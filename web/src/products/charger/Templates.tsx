// SPDX-License-Identifier: Apache-2.0
// Templates of configuration, and the chargers that differ from what they want.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { Card } from '../../shell/Card';
import { count, sentence } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { href, route, setQuery, useTitle } from '../../shell/router';
import { signOf, useFresh } from './fresh';
import { Places, Stale } from './Tabs';
import { applyTemplate, countsText, forText, KEY_STATES, listDrift, listTemplates, removeTemplate, setTemplate, type DriftReport, type For, type KeyState, type Template } from './template';

const EVERY_MS = 8000;
type Whom = 'all' | 'vendor' | 'model' | 'chargers';
const WHOM: Record<Whom, string> = { all: 'All chargers', vendor: 'Those of a maker', model: 'Those of a model', chargers: 'Some by name' };
const whomOf = (some?: For): Whom => (some?.chargers ? 'chargers' : some?.model ? 'model' : some?.vendor ? 'vendor' : 'all');

/** "Key = value" by lines; null with what is wrong. */
function keysOf(text: string): { keys: Record<string, string>; why: string } {
    const keys: Record<string, string> = {};
    for (const line of text.split('\n').filter((one) => one.trim())) {
        const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
        if (!key) return { keys, why: `“${line.trim()}” is no key with its value. Write: HeartbeatInterval = 300` };
        if (key in keys) return { keys, why: `${key} stands there twice.` };
        keys[key] = value;
    }
    return { keys, why: Object.keys(keys).length ? '' : 'A template wants at least one key.' };
}

function Form({ template, saved, close }: { template?: Template; saved: () => void; close?: () => void }) {
    const [whom, setWhom] = useState<Whom>(whomOf(template?.for));
    const [failure, setFailure] = useState('');
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        const data = new FormData(form);
        const text = (name: string) => String(data.get(name) ?? '').trim();
        const { keys, why } = keysOf(text('keys'));
        if (why) return setFailure(why);
        const name = template?.name ?? text('name');
        const some: For = whom === 'all' ? { all: true } : whom === 'chargers' ? { chargers: text('chargers').split(/[\s,;]+/).filter(Boolean) }
            : { ...(text('vendor') && { vendor: text('vendor') }), ...(whom === 'model' && { model: text('model') }) };
        setFailure('');
        await setTemplate({ name, for: some, on_boot: data.get('on_boot') !== null, keys }).then(() => {
            if (!template) form.reset();
            saved();
            close?.();
        }, (error) => setFailure(`The template ${name} was not set. ${(error as Error).message}`));
    }
    return (
        <form class="fields many" onSubmit={submit}>
            {!template && <label class="field"><span>Name</span><input class="input" name="name" required maxLength={32} autocomplete="off" spellcheck={false} /></label>}
            <label class="field"><span>For</span><select class="input" aria-label="For whom" value={whom} onChange={(event) => setWhom((event.target as HTMLSelectElement).value as Whom)}>{Object.entries(WHOM).map(([key, label]) => <option key={key} value={key}>{label}</option>)}</select></label>
            {(whom === 'vendor' || whom === 'model') && <label class="field"><span>Maker {whom === 'model' && <small>empty: any</small>}</span><input class="input" name="vendor" required={whom === 'vendor'} maxLength={20} defaultValue={template?.for.vendor ?? ''} /></label>}
            {whom === 'model' && <label class="field"><span>Model</span><input class="input" name="model" required maxLength={20} defaultValue={template?.for.model ?? ''} /></label>}
            {whom === 'chargers' && <label class="field"><span>Chargers</span><input class="input" name="chargers" required spellcheck={false} placeholder="CP1, CP2" defaultValue={template?.for.chargers?.join(', ') ?? ''} /></label>}
            <label class="field"><span>Whenever it starts</span><input type="checkbox" name="on_boot" defaultChecked={template?.on_boot ?? true} /></label>
            <label class="tall wide-field"><span>Keys, one a line</span><textarea class="input" name="keys" rows={5} required spellcheck={false} placeholder="HeartbeatInterval = 300" defaultValue={Object.entries(template?.keys ?? {}).map(([key, value]) => `${key} = ${value}`).join('\n')} /></label>
            <div class="acts"><button class="btn primary" disabled={reach.value.state === 'lost'}>{template ? 'Save' : 'Make'}</button>{close && <button type="button" class="btn" onClick={close}>Close</button>}</div>
            {failure && <p class="failure" role="alert">{failure}</p>}
        </form>
    );
}

function One({ template, again }: { template: Template; again: () => void }) {
    const [open, setOpen] = useState(false);
    const [said, setSaid] = useState<{ text: string; bad?: boolean }>({ text: '' });
    const { name } = template;
    const off = reach.value.state === 'lost';
    const attempt = (doing: string, what: Promise<unknown>, done: string) => what.then(() => (setSaid({ text: done }), again()), (error) => setSaid({ text: `${doing} did not succeed. ${(error as Error).message}`, bad: true }));
    async function apply() {
        if (await ask(`Set what differs from ${name} at all chargers it is for, now? Each is read first; what is right stays.`, 'Set now')) await attempt(`Setting ${name}`, applyTemplate(name), 'It is set charger by charger; the report below says how far it is.');
    }
    async function remove() {
        if (await ask(`Delete the template ${name}? Chargers keep what they have.`, 'Delete')) await attempt(`Deleting ${name}`, removeTemplate(name), '');
    }
    return (
        <Card title={name} wide={12} aside={<span class="hint">{template.on_boot ? 'whenever one starts' : 'when asked for'}</span>}>
            <p class="wraps">{sentence(forText(template.for))}</p>
            {open ? <Form template={template} saved={again} close={() => setOpen(false)} /> : (
                <>
                    <ul class="wanted">{Object.entries(template.keys).map(([key, value]) => <li key={key}><code>{key} = {value || '(nothing)'}</code></li>)}</ul>
                    <div class="acts">
                        <button type="button" class="btn small" disabled={off} onClick={() => void apply()}>Set what differs now…<span class="sr"> {name}</span></button>
                        <button type="button" class="btn small" disabled={off} onClick={() => setOpen(true)}>Change<span class="sr"> {name}</span></button>
                        <button type="button" class="btn small" disabled={off} onClick={() => void remove()}>Delete…<span class="sr"> {name}</span></button>
                    </div>
                </>
            )}
            {said.text && <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text}</p>}
        </Card>
    );
}

function Report({ report, state }: { report: DriftReport; state: string }) {
    const worst = (counts: DriftReport['counts']): KeyState => (['refused', 'not_taken', 'differs', 'unanswered', 'unknown_key', 'read_only', 'reboot_required', 'unread'] as KeyState[]).find((one) => counts[one] > 0) ?? 'as_wanted';
    return (
        <Card title="Drift" wide={12} aside={
            <label class={state ? 'chip on' : 'chip'}>Show
                <select value={state} onChange={(event) => setQuery({ state: (event.target as HTMLSelectElement).value })}><option value="">what is not as wanted</option>{Object.entries(KEY_STATES).map(([key, [word]]) => <option key={key} value={key}>{word.toLowerCase()}</option>)}</select>
            </label>}>
            <p class="hint">{countsText(report.counts) || 'No template wants anything of a charger that is here.'}</p>
            <ul class="list">
                {report.chargers.map((one) => {
                    const [word, tone, shape] = KEY_STATES[worst(one.counts)];
                    return <li key={one.identity}><a href={href(['chargers', one.identity], { tab: 'configuration' })}>{one.identity}</a><span class="grow">{countsText(one.counts)}{!one.online && ', offline'}</span><span class={`st ${tone}`}><Icon name={shape} />{word}</span></li>;
                })}
            </ul>
            {report.chargers.length === 0 && <p role="status">{state ? 'No charger has a key that stands so.' : 'Every charger is as it is wanted.'}</p>}
            {report.more && <p class="hint">There are more.</p>}
        </Card>
    );
}

export function Templates() {
    useTitle('Templates');
    const state = route.value.query.get('state') ?? '';
    const fresh = useFresh(async () => ({ ...(await listTemplates()), report: await listDrift(state) }), EVERY_MS, [state], signOf());
    const templates = fresh.value?.templates ?? [];
    return (
        <>
            <div class="page-head"><h1>Templates</h1>{fresh.value && <span class="hint">{count(templates.length)}</span>}</div>
            <Places here="templates" />
            <Stale fresh={fresh} what="Templates" />
            {fresh.value && templates.length === 0 && <p class="empty" role="status">No template is set yet: every charger keeps what it has.</p>}
            <div class="grid">
                {fresh.value && templates.length > 0 && <Report report={fresh.value.report} state={state} />}
                {templates.map((template) => <One key={template.name} template={template} again={fresh.again} />)}
                <Card title="Make a template" wide={12}><p class="hint">Of two templates the narrower counts: one charger before a model, a model before a maker, a maker before all. The password is no part of one.</p><Form saved={fresh.again} /></Card>
            </div>
        </>
    );
}
