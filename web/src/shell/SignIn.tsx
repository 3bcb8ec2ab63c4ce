// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks';
import { signIn } from '../hub/session';
import { useTitle } from './router';

export function SignIn() {
    const [failure, setFailure] = useState('');
    const [busy, setBusy] = useState(false);
    useTitle('Sign in');

    async function submit(event: SubmitEvent) {
        event.preventDefault();
        const form = new FormData(event.target as HTMLFormElement);
        setBusy(true);
        setFailure('');
        try {
            await signIn(String(form.get('email')), String(form.get('password')));
        } catch (error) {
            setFailure((error as Error).message);
            setBusy(false);
        }
    }

    return (
        <main class="sign-in">
            <form class="card" onSubmit={submit}>
                <img src="./icon.svg" alt="" width="48" height="48" />
                <h1>Roost</h1>
                <label>
                    E-mail
                    <input class="input" name="email" type="email" autocomplete="username" required autofocus />
                </label>
                <label>
                    Password
                    <input class="input" name="password" type="password" autocomplete="current-password" required />
                </label>
                <p class="failure" role="alert">{failure}</p>
                <button class="btn primary" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
            </form>
        </main>
    );
}
