// SPDX-License-Identifier: Apache-2.0
// What templates want of one charger, beside what it has.
import { useState } from 'preact/hooks';
import { Ago, Card } from '../../shell/Card';
import { Icon } from '../../shell/Icon';
import { ask } from '../../shell/Question';
import { href } from '../../shell/router';
import { wrong, type Charger } from './api';
import { signOf, useFresh } from './fresh';
import { whyOff, type Said } from './operation';
import { Stale } from './Tabs';
import { countsText, getDrift, KEY_STATES, mendDrift } from './template';

export function Wanted({ charger, changed }: { charger: Charger; changed: () => void }) {
    const fresh = useFresh(() => getDrift(charger.identity), 5000, [charger.identity], signOf(charger.identity));
    const [said, setSaid] = useState<Said>({ text: '' });
    const drift = fresh.value;
    const why = whyOff(charger);
    if (!drift?.keys.length) return fresh.failure ? <Stale fresh={fresh} what={`What is wanted of ${charger.identity}`} /> : null;
    async function mend() {
        if (!(await ask(`Set what differs at ${charger.identity} now? Its keys are read first; what is right stays.`, 'Set now'))) return;
        setSaid({ text: '', busy: true });
        await mendDrift(charger.identity).then(() => (setSaid({ text: '' }), fresh.again(), changed()), (error) => setSaid({ text: wrong(error, charger.identity, 'Setting what differs'), bad: true }));
    }
    return (
        <Card title="Wanted by templates" wide={12} aside={<button type="button" class="btn small" disabled={why !== '' || drift.running || said.busy} title={why} onClick={() => void mend()}>Set what differs…</button>}>
            <p class="hint" role="status">{drift.running || said.busy ? 'It is being read or set…' : countsText(drift.counts)}</p>
            {said.bad && <p class="failure" role="alert">{said.text}</p>}
            <ul class="list drift">
                {drift.keys.map((one) => {
                    const [word, tone, shape, meaning] = KEY_STATES[one.state];
                    return (
                        <li key={one.key}>
                            <span class="grow"><b>{one.key}</b><br /><small>wanted <code>{one.wanted || '(nothing)'}</code> by <a href={href(['templates'])}>{one.template}</a>{one.state !== 'as_wanted' && <>, has {one.has === null ? 'nothing that is known' : <code>{one.has || '(nothing)'}</code>}</>}{one.tried_at_ms && <>, tried <Ago at_ms={one.tried_at_ms} /></>}.{meaning && ` ${meaning}`}</small></span>
                            <span class={`st ${tone}`}><Icon name={shape} />{word}</span>
                        </li>
                    );
                })}
            </ul>
        </Card>
    );
}
