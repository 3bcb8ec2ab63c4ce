// SPDX-License-Identifier: Apache-2.0
import type { Device, Update as Report } from '../hub/api';
import { Card, Facts } from './Card';

const STATES: Record<string, string> = {
    idle: 'up to date or waiting', asking: 'asking the hub', loading: 'downloading', verifying: 'verifying',
    ready: 'about to restart', trial: 'proving itself',
};

/** A failure is said in words as well as in colour. */
function Outcome({ update }: { update: Report }) {
    if (!update.report) return <p class="hint">No update has been tried since the device left the factory.</p>;
    return update.error
        ? <p class="failure" role="alert"><strong>Failed:</strong> {update.report}</p>
        : <p class="success"><strong>Done:</strong> {update.report}</p>;
}

export function Update({ device: { health, update } }: { device: Device }) {
    if (!update) return null;
    return (
        <Card title="Update" testid="update">
            <Outcome update={update} />
            <Facts rows={[
                ['Runs', health?.firmware ?? '–'],
                ['Offered', update.version ?? '–'],
                ['State', update.state ? STATES[update.state] ?? update.state : '–'],
            ]} />
        </Card>
    );
}
