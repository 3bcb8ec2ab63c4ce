// SPDX-License-Identifier: Apache-2.0
// Who is signed in, and how the console looks in this browser.
import { session, signOut } from '../hub/session';
import { Card, Facts } from './Card';
import { LiveState } from './Rail';
import { Segments } from './Segments';
import { choose, theme, type Theme } from './theme';
import { useTitle } from './router';

const THEMES: [Theme, string][] = [['system', 'As the system'], ['light', 'Light'], ['dark', 'Dark']];

export function Account() {
    useTitle('Account');
    return (
        <>
            <div class="page-head"><h1>Account</h1></div>
            <div class="grid">
                <Card title="Signed in" wide={6}>
                    <Facts rows={[['Operator', session.value?.operator.email], ['Live view', <LiveState />]]} />
                    <p class="hint">One sign-in serves every tab of this browser. Signing out ends it in all of them.</p>
                    <div class="acts"><button type="button" class="btn" onClick={signOut}>Sign out</button></div>
                </Card>
                <Card title="Appearance" wide={6}>
                    <Segments label="Colours" name="theme" options={THEMES} value={theme.value} onChange={choose} />
                </Card>
            </div>
        </>
    );
}
