// SPDX-License-Identifier: Apache-2.0
// What the charger is set to: its configuration keys, read from it and changed on it.
import { useEffect, useState } from 'preact/hooks';
import { Card } from '../../shell/Card';
import { count } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { href } from '../../shell/router';
import { getKnown, operate, wrong, type Charger, type Key } from './api';
import { run, whyOff, type Said } from './operation';
import { Wanted } from './Wanted';

const OWN = 'AuthorizationKey'; // the hub keeps it too, and changes it by another way

const byName = (a: Key, b: Key): number => a.key.localeCompare(b.key);

function Row({ identity, entry, off, save }: { identity: string; entry: Key; off: boolean; save: (value: string) => Promise<void> }) {
    const [edited, setEdited] = useState<string | null>(null);
    const value = entry.value ?? '';
    const changed = edited !== null && edited !== value;
    const submit = async (event: SubmitEvent) => {
        event.preventDefault();
        if (changed) await save(edited);
        setEdited(null);
    };
    return (
        <li class="key">
            <span class="name">{entry.key}</span>
            {entry.key === OWN
                ? <span class="grow hint">Its password; a new one is drawn under <a href={href(['chargers', identity], { tab: 'security' })}>Security</a>.</span>
                : entry.readonly
                ? <><output class="grow">{value || '–'}</output><span class="tag">read-only</span></>
                : <form class="grow" onSubmit={submit}>
                    <input class="input" aria-label={entry.key} value={edited ?? value} maxLength={500} autocomplete="off" spellcheck={false} disabled={off} onInput={(event) => setEdited((event.target as HTMLInputElement).value)} />
                    <button class="btn small" disabled={off || !changed}>Change…</button>
                </form>}
        </li>
    );
}

export function Configuration({ charger }: { charger: Charger }) {
    const [keys, setKeys] = useState<Key[] | null>(null);
    const [restart, setRestart] = useState(false);
    const [said, setSaid] = useState<Said>({ text: '' });
    const [q, setQ] = useState('');
    const why = whyOff(charger);
    const off = why !== '' || said.busy === true;
    const { identity } = charger;

    const load = () => getKnown(identity).then((known) => {
        if (known.configuration.length) setKeys([...known.configuration].sort(byName));
        setRestart(known.reboot_required);
    }, () => undefined);
    useEffect(() => void load(), [identity]);

    async function read() {
        setSaid({ text: `Asking ${identity}…`, busy: true });
        try {
            const { configurationKey = [] } = await operate(identity, 'GetConfiguration');
            setKeys([...configurationKey].sort(byName));
            setSaid({ text: `${count(configurationKey.length)} keys read.` });
        } catch (error) {
            setSaid({ text: wrong(error, identity, 'Reading its configuration'), bad: true });
        }
    }
    async function save(key: string, value: string) {
        const sure = `Change ${key} of ${identity} to ${value ? `“${value}”` : 'nothing'}? It counts at once, or after a restart where the charger says so.`;
        if (!(await ask(sure, 'Change'))) return;
        const taken = await run(charger, {
            name: 'ChangeConfiguration', body: { key, value }, doing: `Changing ${key}`, sure, yes: 'Change', done: `${key} is changed.`,
            refused: 'The value is not one it takes, or it does not know the key; its old value stays.',
        }, setSaid);
        if (!taken) return;
        setKeys((old) => old && old.map((entry) => (entry.key === key ? { ...entry, value } : entry)));
        void getKnown(identity).then((known) => setRestart(known.reboot_required), () => undefined);
    }

    const shown = (keys ?? []).filter((entry) => `${entry.key} ${entry.value ?? ''}`.toLowerCase().includes(q.toLowerCase()));
    return (
        <div class="grid">
            <Wanted charger={charger} changed={() => void load()} />
            <Card title="Configuration" wide={12} aside={<button type="button" class="btn small" disabled={off} title={why} onClick={() => void read()}>Read from the charger</button>}>
                {restart && <p class="notice">A change counts after its next restart.</p>}
                <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || why}</p>
                {keys ? (
                    <>
                        <label class="with-icon key-search"><span class="sr">Search keys</span><Icon name="search" /><input class="input" type="search" placeholder="Key or value" value={q} onInput={(event) => setQ((event.target as HTMLInputElement).value)} /></label>
                        <ul class="list keys">{shown.map((entry) => <Row key={entry.key} identity={identity} entry={entry} off={off} save={(value) => save(entry.key, value)} />)}</ul>
                        {shown.length === 0 && <p class="hint">No key matches.</p>}
                    </>
                ) : <p class="hint">The charger keeps it; read it to see and to change it.</p>}
            </Card>
        </div>
    );
}
