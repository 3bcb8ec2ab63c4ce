// SPDX-License-Identifier: Apache-2.0
import type { Update } from '../api';

const STATES: Record<string, string> = {
    idle: 'up to date or waiting', asking: 'asking the hub', loading: 'downloading', verifying: 'verifying',
    ready: 'about to restart', trial: 'proving itself',
};

/** A failure is said in words as well as in colour. */
function Report({ update }: { update: Update }) {
    if (!update.report) return <p class="empty">No update has been tried since the device left the factory.</p>;
    return update.error
        ? <p class="failure" role="alert"><strong>Failed:</strong> {update.report}</p>
        : <p class="good"><strong>Done:</strong> {update.report}</p>;
}

export function UpdatePanel({ running, update }: { running?: string; update: Update | null }) {
    if (!update) return null;
    return (
        <section class="card" data-testid="update">
            <h2>Update</h2>
            <Report update={update} />
            <dl class="facts">
                <dt>Runs</dt><dd>{running ?? '–'}</dd>
                <dt>Offered</dt><dd>{update.version ?? '–'}</dd>
                <dt>State</dt><dd>{update.state ? STATES[update.state] ?? update.state : '–'}</dd>
            </dl>
        </section>
    );
}
