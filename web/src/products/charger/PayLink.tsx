// SPDX-License-Identifier: Apache-2.0
// The link to a connector's public page, where whoever wants to charge pays: to be copied, or printed as a QR code.
import { useState } from 'preact/hooks';
import { call } from '../../hub/api';
import { exactly } from '../../shell/format';
import { queryOf } from './api';

interface Link { url: string; expires_at_ms: number | null; qr_svg: string }

export function PayLink({ identity, connector }: { identity: string; connector: number }) {
    const [link, setLink] = useState<Link | null>(null);
    const [failure, setFailure] = useState('');
    const get = () => call<Link>('GET', `/api/v1/chargers/${encodeURIComponent(identity)}/pay-link${queryOf({ connector_id: connector })}`).then((got) => (setLink(got), setFailure('')), (error) => setFailure(`There is no link. ${(error as Error).message}`));
    if (!link) return <div class="acts"><button type="button" class="btn small" onClick={() => void get()}>Link for paying<span class="sr"> at connector {connector}</span></button>{failure && <p class="failure" role="alert">{failure}</p>}</div>;
    return (
        <div class="pay-link">
            <img alt={`QR code of the link for paying at connector ${connector}`} src={`data:image/svg+xml,${encodeURIComponent(link.qr_svg)}`} width={132} height={132} />
            <div>
                <p>Whoever has it may pay and charge here{link.expires_at_ms === null ? '; it stays good, as on a sticker' : ` until ${exactly(link.expires_at_ms)}`}.</p>
                <p><a href={link.url} target="_blank" rel="noreferrer">{link.url}</a></p>
                <button type="button" class="btn small" onClick={() => setLink(null)}>Close</button>
            </div>
        </div>
    );
}
