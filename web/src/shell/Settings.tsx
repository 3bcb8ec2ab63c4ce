// SPDX-License-Identifier: Apache-2.0
// Settings of the product and of every device, read from the device itself and written back to it; the device checks
// them and says which one it does not like and why.
import { useState } from 'preact/hooks';
import type { Device } from '../hub/api';
import { Card } from './Card';
import { askDevice, whyNot } from './command';
import { productOf, type Setting } from './product';

/** What every device has. */
const COMMON: Setting[] = [
    { key: 'health_interval_ms', label: 'Reports every', unit: 's', per: 1000, min: 1, max: 3600 },
    { key: 'log_level', label: 'Logs', choices: ['error', 'warn', 'info', 'debug'] },
];

type Value = number | boolean | string;
type Values = Record<string, Value>;

const shown = (setting: Setting, value: Value): Value => (setting.per && typeof value === 'number' ? value / setting.per : value);
const wire = (setting: Setting, value: Value): Value => (setting.per && typeof value === 'number' ? Math.round(value * setting.per) : value);

function Field({ setting, value, onChange }: { setting: Setting; value: Value; onChange: (value: Value) => void }) {
    const label = <span>{setting.label}{setting.unit && <small> {setting.unit}</small>}</span>;
    if (setting.choices)
        return (
            <label class="field">{label}
                <select class="input" value={String(value)} onChange={(e) => onChange((e.target as HTMLSelectElement).value)}>
                    {setting.choices.map((choice) => <option key={choice}>{choice}</option>)}
                </select>
            </label>
        );
    if (setting.min === undefined)
        return <label class="field">{label}<input type="checkbox" checked={value === true} onChange={(e) => onChange((e.target as HTMLInputElement).checked)} /></label>;
    return (
        <label class="field">{label}
            <input class="input" type="number" step="any" required min={setting.min} max={setting.max} value={String(value)} onInput={(e) => onChange(Number((e.target as HTMLInputElement).value))} />
        </label>
    );
}

export function Settings({ device }: { device: Device }) {
    const settings = [...(productOf(device)?.settings ?? []), ...COMMON];
    const [known, setKnown] = useState<Values | null>(null);
    const [edited, setEdited] = useState<Values>({});
    const [said, setSaid] = useState<{ text: string; bad?: boolean; busy?: boolean }>({ text: '' });
    const reason = whyNot(device);
    const off = reason !== '' || said.busy === true;

    /** Runs one exchange with the device and says how it went. */
    async function exchange(begin: string, run: () => Promise<string>) {
        setSaid({ text: begin, busy: true });
        try {
            setSaid({ text: await run() });
        } catch (error) {
            setSaid({ text: (error as Error).message, bad: true });
        }
    }
    const read = () => exchange('Asking the device…', async () => {
        setKnown((await askDevice(device.device_id, 'settings')) as Values);
        setEdited({});
        return '';
    });
    const write = (event: Event) => {
        event.preventDefault();
        return exchange('Sending…', async () => {
            await askDevice(device.device_id, 'set', edited);
            setKnown({ ...known, ...edited });
            setEdited({});
            return 'The device has taken them.';
        });
    };

    return (
        <Card title="Settings" wide={12} aside={<button type="button" class="btn small" disabled={off} title={reason} onClick={read}>Read from the device</button>}>
            {known ? (
                <form onSubmit={write}><fieldset class="fields many" disabled={off}>
                    {settings.filter((setting) => known[setting.key] !== undefined).map((setting) => (
                        <Field key={setting.key} setting={setting} value={shown(setting, edited[setting.key] ?? known[setting.key])}
                            onChange={(value) => setEdited({ ...edited, [setting.key]: wire(setting, value) })} />
                    ))}
                    <div class="acts"><button class="btn primary small" disabled={Object.keys(edited).length === 0}>Save on the device</button></div>
                </fieldset></form>
            ) : <p class="hint">They are kept by the device; read them to see and to change them.</p>}
            <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text}</p>
        </Card>
    );
}
