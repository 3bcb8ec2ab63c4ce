// SPDX-License-Identifier: Apache-2.0
// Asks before something that cannot be taken back: if (await ask('Reboot now?', 'Reboot')) …
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

interface Asked { text: string; yes: string; option?: string; answer: (yes: boolean, chosen: boolean) => void }

const question = signal<Asked | null>(null);

/** With something more to choose: whether it was chosen, or null for no. */
export function askWith(text: string, yes: string, option?: string): Promise<boolean | null> {
    return new Promise((resolve) => {
        question.value?.answer(false, false);
        question.value = { text, yes, option, answer: (said, chosen) => ((question.value = null), resolve(said ? chosen : null)) };
    });
}

export const ask = async (text: string, yes: string): Promise<boolean> => (await askWith(text, yes)) !== null;

export function Question() {
    const dialog = useRef<HTMLDialogElement>(null);
    const option = useRef<HTMLInputElement>(null);
    const asked = question.value;
    useEffect(() => {
        if (asked) dialog.current?.showModal();
        else dialog.current?.close();
    }, [asked]);
    return (
        <dialog ref={dialog} class="question" aria-labelledby="question" onCancel={(event) => (event.preventDefault(), asked?.answer(false, false))}>
            {asked && (
                <>
                    <p id="question">{asked.text}</p>
                    {asked.option && <label class="option"><input type="checkbox" ref={option} />{asked.option}</label>}
                    <div class="acts">
                        <button type="button" class="btn" onClick={() => asked.answer(false, false)}>Cancel</button>
                        <button type="button" class="btn primary" onClick={() => asked.answer(true, option.current?.checked === true)}>{asked.yes}</button>
                    </div>
                </>
            )}
        </dialog>
    );
}
