// SPDX-License-Identifier: Apache-2.0
// Asks before something that cannot be taken back: if (await ask('Reboot now?', 'Reboot')) …
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

const question = signal<{ text: string; yes: string; answer: (yes: boolean) => void } | null>(null);

export function ask(text: string, yes: string): Promise<boolean> {
    return new Promise((resolve) => {
        question.value?.answer(false);
        question.value = { text, yes, answer: (said) => ((question.value = null), resolve(said)) };
    });
}

export function Question() {
    const dialog = useRef<HTMLDialogElement>(null);
    const asked = question.value;
    useEffect(() => {
        if (asked) dialog.current?.showModal();
        else dialog.current?.close();
    }, [asked]);
    return (
        <dialog ref={dialog} class="question" aria-labelledby="question" onCancel={(event) => (event.preventDefault(), asked?.answer(false))}>
            {asked && (
                <>
                    <p id="question">{asked.text}</p>
                    <div class="acts">
                        <button type="button" class="btn" onClick={() => asked.answer(false)}>Cancel</button>
                        <button type="button" class="btn primary" onClick={() => asked.answer(true)}>{asked.yes}</button>
                    </div>
                </>
            )}
        </dialog>
    );
}
