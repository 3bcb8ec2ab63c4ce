// SPDX-License-Identifier: Apache-2.0
// Whom a charger trusts, and what it shows of itself: authorities are read from it, installed and deleted; it is told to ask for
// a certificate of its own, and what came of that is seen.
import { useState } from 'preact/hooks';
import { Ago, Card } from '../../shell/Card';
import { href } from '../../shell/router';
import { listNotes, operate, wrong, type Charger, type Note } from './api';
import { CertificateLine } from './Calendar';
import { listCertificates, type Certificate } from './certificate';
import { signOf, useFresh } from './fresh';
import { useOperations, type Operation, type Said } from './operation';
import { Stale } from './Tabs';

type Use = 'CentralSystemRootCertificate' | 'ManufacturerRootCertificate';
const USES: Record<Use, [what: string, why: string]> = {
    CentralSystemRootCertificate: ['Of this hub', 'It connects to a hub only whose certificate one of them has signed.'],
    ManufacturerRootCertificate: ['Of its maker', 'It installs firmware only that is signed with one of them.'],
};
interface Hash { hashAlgorithm: string; issuerNameHash: string; issuerKeyHash: string; serialNumber: string }
type Installed = Record<Use, Hash[]>;

const MOST = 5500; // characters, by OCPP

async function read(identity: string): Promise<Installed> {
    const installed: Installed = { CentralSystemRootCertificate: [], ManufacturerRootCertificate: [] };
    for (const certificateType of Object.keys(USES) as Use[]) {
        const { certificateHashData = [] } = await operate<{ status?: string; certificateHashData?: Hash[] }>(identity, 'GetInstalledCertificateIds', { certificateType });
        installed[certificateType] = certificateHashData;
    }
    return installed;
}

function deleting(charger: Charger, use: Use, hash: Hash): Operation {
    const { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } = hash;
    return {
        name: 'DeleteCertificate', body: { certificateHashData: { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } }, doing: 'Deleting the authority',
        sure: `Delete the authority ${serialNumber} from ${charger.identity}? ${use === 'CentralSystemRootCertificate' ? 'If the certificate of this hub hangs on it, the charger does not come back.' : 'Firmware that hangs on it is not installed any more.'}`,
        yes: 'Delete', done: 'It is deleted.', refused: 'It is the one it needs to come in, or it is not there any more.',
    };
}

function Trusted({ charger }: { charger: Charger }) {
    const [installed, setInstalled] = useState<Installed | null>(null);
    const [asked, setAsked] = useState<Said>({ text: '' });
    const look = async () => {
        setAsked({ text: `Asking ${charger.identity}…`, busy: true });
        await read(charger.identity).then((got) => (setInstalled(got), setAsked({ text: '' })), (error) => setAsked({ text: wrong(error, charger.identity, 'Reading its authorities'), bad: true }));
    };
    const { said, off, busy, start } = useOperations(charger, () => void look());
    const shut = off !== '' || busy || asked.busy === true;
    const shown = asked.text ? asked : said;
    return (
        <Card title="Authorities it trusts" wide={12} aside={<button type="button" class="btn small" disabled={shut} title={off} onClick={() => void look()}>Read from the charger</button>}>
            {!installed && <p class="hint">The charger keeps them; read them to see them.</p>}
            {installed && (Object.keys(USES) as Use[]).map((use) => (
                <div key={use}>
                    <h3>{USES[use][0]}</h3>
                    {installed[use].length === 0 && <p class="hint">None is installed.</p>}
                    <ul class="list">
                        {installed[use].map((hash) => (
                            <li key={hash.serialNumber + hash.issuerKeyHash} class="hash">
                                <span class="grow">Serial number <code>{hash.serialNumber}</code><br /><small>issuer's key <code title={hash.issuerKeyHash}>{hash.issuerKeyHash.slice(0, 16)}…</code>, {hash.hashAlgorithm}</small></span>
                                <button type="button" class="btn small" disabled={shut} onClick={() => void start(deleting(charger, use, hash))}>Delete…<span class="sr"> {hash.serialNumber}</span></button>
                            </li>
                        ))}
                    </ul>
                </div>
            ))}
            <p class={shown.bad ? 'failure' : 'hint'} role="status">{shown.text || off}</p>
        </Card>
    );
}

function Install({ charger }: { charger: Charger }) {
    const { said, off, busy, start } = useOperations(charger, () => undefined);
    const [use, setUse] = useState<Use>('CentralSystemRootCertificate');
    const [pem, setPem] = useState('');
    const text = pem.trim();
    const why = !text ? '' : !/^-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----$/.test(text) ? 'This is no single certificate as PEM: it begins with -----BEGIN CERTIFICATE-----.' : text.length > MOST ? `It has ${text.length} characters; ${MOST} are the most.` : '';
    async function submit(event: SubmitEvent) {
        event.preventDefault();
        await start({
            name: 'InstallCertificate', body: { certificateType: use, certificate: text }, doing: 'Installing the authority',
            sure: `Have ${charger.identity} trust this authority from now on? ${USES[use][1]}`,
            yes: 'Install', done: 'It is installed.', refused: 'It may be no authority, be out of date, or there is no room: delete one first.',
        });
    }
    return (
        <Card title="Install an authority" wide={6}>
            <form class="fields" onSubmit={submit}>
                <label class="field"><span>What for</span><select class="input" value={use} onChange={(event) => setUse((event.target as HTMLSelectElement).value as Use)}>{Object.entries(USES).map(([key, [what]]) => <option key={key} value={key}>{what}</option>)}</select></label>
                <p class="hint">{USES[use][1]}</p>
                <label class="tall"><span>Certificate</span><textarea class="input" rows={6} required spellcheck={false} placeholder="-----BEGIN CERTIFICATE-----" value={pem} onInput={(event) => setPem((event.target as HTMLTextAreaElement).value)} /></label>
                <label class="field"><span>Or from a file</span><input type="file" accept=".pem,.crt,.cer" onChange={(event) => void (event.target as HTMLInputElement).files?.[0]?.text().then(setPem)} /></label>
                <div class="acts"><button class="btn primary" disabled={off !== '' || busy || !text || why !== ''} title={off}>Install…</button></div>
                <p class={said.bad || why ? 'failure' : 'hint'} role="status">{why || said.text || off}</p>
            </form>
        </Card>
    );
}

/** Why a request was refused; "" where it was signed. */
const whyOf = ({ what, text }: Note): string => (what === 'Accepted' ? '' : text);

function Own({ charger, notes, known }: { charger: Charger; notes: Note[]; known: Certificate[] }) {
    const { said, off, busy, start } = useOperations(charger, () => undefined);
    const requests = notes.filter((note) => note.action === 'SignCertificate');
    return (
        <Card title="Its own certificates" wide={6} aside={<a class="link" href={href(['certificates'])}>All chargers</a>}>
            {known.length === 0 && <p class="hint">It has asked the hub for none, and come with none.</p>}
            <ul class="list">{known.map((one) => <CertificateLine key={one.certificate_id} one={one} />)}</ul>
            {requests.length > 0 && <h3>Requests</h3>}
            <ol class="list notes">
                {requests.slice(0, 10).map((note) => <li key={note.id}><span class="grow"><b>{note.what === 'Accepted' ? 'Signed' : 'Refused'}</b> {whyOf(note)}</span><Ago at_ms={note.at_ms} /></li>)}
            </ol>
            <div class="acts end"><button type="button" class="btn" disabled={off !== '' || busy} title={off} onClick={() => void start({
                name: 'ExtendedTriggerMessage', body: { requestedMessage: 'SignChargePointCertificate' }, doing: 'Asking for a request',
                sure: `Have ${charger.identity} make a new key and ask for a certificate? It uses the new one once it has it.`,
                yes: 'Ask for it', done: 'It makes a key and asks; what comes of it stands here.', refused: 'It has no certificates of its own, or is making one already.',
            })}>New certificate…</button></div>
            <p class={said.bad ? 'failure' : 'hint'} role="status">{said.text || off}</p>
        </Card>
    );
}

export function Certificates({ charger }: { charger: Charger }) {
    const fresh = useFresh(async () => ({ ...(await listNotes(charger.identity)), ...(await listCertificates({ identity: charger.identity })) }), 5000, [charger.identity], signOf(charger.identity));
    return (
        <div class="grid">
            <Stale fresh={fresh} what={`Notes of ${charger.identity}`} />
            <Trusted charger={charger} />
            <Install charger={charger} />
            <Own charger={charger} notes={fresh.value?.notes ?? []} known={fresh.value?.certificates ?? []} />
        </div>
    );
}
