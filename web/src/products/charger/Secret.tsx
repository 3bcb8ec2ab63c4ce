// SPDX-License-Identifier: Apache-2.0
// A charger's new password, shown this once.
import { Facts } from '../../shell/Card';
import type { Password } from './api';

export function Secret({ identity, secret, done }: { identity: string; secret: Password; done: () => void }) {
    return (
        <div class="secret" role="status">
            <p><strong>The password of {identity} is shown this once.</strong> Enter it at the charger, as text or as its AuthorizationKey.</p>
            <Facts rows={[['Password', <code>{secret.password}</code>], ['AuthorizationKey', <code>{secret.authorization_key}</code>]]} />
            <div class="acts end"><button type="button" class="btn small" onClick={done}>I have it</button></div>
        </div>
    );
}
