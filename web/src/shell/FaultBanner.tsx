// SPDX-License-Identifier: Apache-2.0
// The worst fault that holds: number, what it is, what to do, and the button that does it.
import { useState } from 'preact/hooks';
import type { Device } from '../hub/api';
import { whyNot } from './command';
import { act, actionsOf } from './Commands';
import { sentence } from './format';
import { Icon } from './Icon';
import { productOf, type Action } from './product';

/** The command that remedies the fault, where the product names one. */
export function remedyOf(device: Device): Action | undefined {
    const command = productOf(device)?.remedies?.[device.health?.fault ?? ''];
    return actionsOf(device).find((action) => action.command === command);
}

export function Remedy({ device, primary }: { device: Device; primary?: boolean }) {
    const [failure, setFailure] = useState('');
    const remedy = remedyOf(device);
    if (!remedy) return null;
    return (
        <>
            <button type="button" class={`btn ${primary ? 'primary' : ''}`} disabled={whyNot(device) !== ''} title={whyNot(device)} onClick={async () => setFailure(await act(device, remedy))}>
                {remedy.label}
            </button>
            {failure && <span class="failure" role="alert">{failure}</span>}
        </>
    );
}

export function FaultBanner({ device }: { device: Device }) {
    const { health, condition } = device;
    if (!health?.fault) return null;
    const tone = condition === 'critical' ? 'crit' : condition === 'warning' ? 'warn' : '';
    return (
        <div class={`banner ${tone}`} role="alert">
            <Icon name={condition === 'critical' ? 'critical' : 'warning'} />
            <p><strong>{health.fault_number} {sentence(health.fault_text ?? health.fault.replaceAll('_', ' '))}</strong> {health.fault_action}</p>
            <div class="acts"><Remedy device={device} primary /></div>
        </div>
    );
}
