// SPDX-License-Identifier: Apache-2.0
// What charger and hub said to each other: each CALL with its answer, by action and by text.
import { useState } from 'preact/hooks';
import { clock, exactly, number, plural } from '../../shell/format';
import { Icon } from '../../shell/Icon';
import { route, setQuery } from '../../shell/router';
import { listMessages, type Message } from './api';
import { useFresh } from './fresh';
import { Stale } from './Tabs';
import { ACTIONS, spaced } from './words';

const EVERY_MS = 5000;

/** A frame as people read it; what was cut is no JSON any more and stays as it is. */
function pretty(text: string | null): string {
    if (!text) return '';
    try {
        return JSON.stringify(JSON.parse(text), null, 1);
    } catch {
        return text;
    }
}

function outcome({ result }: Message): [word: string, tone: string] {
    if (result === null) return ['not answered yet', ''];
    return result === 'answered' ? ['answered', 'ok'] : [spaced(result.replaceAll('_', ' ')), 'failed'];
}

function Line({ message, identity }: { message: Message; identity: string }) {
    const incoming = message.direction === 'from_charger';
    const [word, tone] = outcome(message);
    const [said, heard] = incoming ? [identity, 'the hub'] : ['The hub', identity];
    return (
        <li>
            <details>
                <summary>
                    <Icon name={incoming ? 'down' : 'up'} />
                    <span class="grow"><b>{message.action ?? 'No message of OCPP'}</b> <small>{incoming ? 'from the charger' : 'to the charger'}</small></span>
                    <span class={`outcome ${tone}`}>{word}{message.took_ms !== null && <small> {number(message.took_ms, 0, 'ms')}</small>}</span>
                    <time dateTime={new Date(message.at_ms).toISOString()} title={exactly(message.at_ms)}>{clock(message.at_ms)}</time>
                </summary>
                <h3>{said} said</h3>
                <pre tabIndex={0}>{pretty(message.text) || 'Not kept: it may hold a password.'}</pre>
                <h3>{heard.charAt(0).toUpperCase() + heard.slice(1)} answered</h3>
                <pre tabIndex={0}>{pretty(message.answer) || (message.result === null ? 'Nothing yet.' : 'Nothing, or it is not kept: it may hold a password.')}</pre>
                {message.cut && <p class="hint">It was longer; its first 600 bytes are kept.</p>}
            </details>
        </li>
    );
}

let typing = 0;

export function Messages({ identity }: { identity: string }) {
    const { query } = route.value;
    const action = query.get('action') ?? '';
    const text = query.get('text') ?? '';
    const [older, setOlder] = useState<{ of: string; messages: Message[]; more: boolean } | null>(null);
    const [failure, setFailure] = useState('');
    const fresh = useFresh(() => listMessages(identity, { action, text }), EVERY_MS, [identity, action, text]);
    const of = `${action} ${text}`;
    const head = fresh.value?.messages ?? [];
    const tail = older?.of === of ? older : null;
    const oldest = tail ? tail.messages[tail.messages.length - 1] : head[head.length - 1];
    const newest = tail?.messages[0]?.number ?? 0;
    const all = [...head.filter((message) => message.number > newest), ...(tail?.messages ?? [])];
    const more = tail ? tail.more : fresh.value?.more;

    const showMore = () => listMessages(identity, { action, text, before: oldest?.number }).then((page) => {
        setOlder({ of, messages: [...all, ...page.messages], more: page.more });
        setFailure('');
    }, (error) => setFailure((error as Error).message));
    const search = (event: Event) => {
        const typed = (event.target as HTMLInputElement).value;
        clearTimeout(typing);
        typing = setTimeout(() => setQuery({ text: typed }), 250) as unknown as number;
    };
    return (
        <>
            <div class="filters" role="search">
                <label class="with-icon"><span class="sr">Search messages</span><Icon name="search" /><input class="input" type="search" maxLength={128} placeholder="Text in it" defaultValue={text} onInput={search} /></label>
                <label class={action ? 'chip on' : 'chip'}>Action
                    <select value={action} onChange={(event) => setQuery({ action: (event.target as HTMLSelectElement).value })}>
                        <option value="">any</option>
                        {ACTIONS.map((one) => <option key={one}>{one}</option>)}
                    </select>
                </label>
            </div>
            <Stale fresh={fresh} what={`Messages of ${identity}`} />
            {all.length > 0 && (
                <div class="card">
                    <ol class="commands messages">{all.map((message) => <Line key={message.number} message={message} identity={identity} />)}</ol>
                    <footer class="foot"><span role="status">{plural(all.length, 'message', 'messages')}, newest first</span>{more && <button type="button" class="btn small" onClick={() => void showMore()}>Show more</button>}</footer>
                    {failure && <p class="failure" role="alert">Older messages cannot be read: {failure}</p>}
                </div>
            )}
            {fresh.value && all.length === 0 && <p class="empty" role="status">{action || text ? 'No message matches.' : 'Nothing was said since the hub began.'}</p>}
        </>
    );
}
