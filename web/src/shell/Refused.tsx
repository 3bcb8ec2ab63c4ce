// SPDX-License-Identifier: Apache-2.0
// What the hub refused of this device for good: why, on which topic, and how it looked. Without any there is no card.
import type { Device } from '../hub/api';
import { Ago, Card } from './Card';
import { count, sentence } from './format';

interface Refusal { reason: string; topic: string; count: number; first_at_ms: number; last_at_ms: number; excerpt: string }

/** A reason may come with several topics: both tell one row from another. */
const row = ({ reason, topic, count: times, last_at_ms, excerpt }: Refusal) => [
    <dt key={`${reason} ${topic}`}>{sentence(reason.replaceAll('_', ' '))}</dt>,
    <dd>
        {count(times)} on <code>{topic}</code>, last <Ago at_ms={last_at_ms} />
        {excerpt && <><br /><code>{excerpt}</code></>}
    </dd>,
];

export function Refused({ device }: { device: Device }) {
    const refused = (device.refused ?? []) as Refusal[];
    if (refused.length === 0) return null;
    return (
        <Card title="Refused messages">
            <p class="hint">These were not stored, and are not sent again.</p>
            <dl class="facts">{refused.map(row)}</dl>
        </Card>
    );
}
