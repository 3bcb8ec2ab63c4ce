// SPDX-License-Identifier: Apache-2.0
// Operations as buttons: what they do is said and asked first, then how it went.
import { useState } from 'preact/hooks';
import { reach } from '../../hub/live';
import { ask } from '../../shell/Question';
import { operate, wrong, type Charger } from './api';

export interface Operation {
    name: string; body: object; query?: string;
    doing: string;        // "Starting at connector 1"
    sure: string;         // what happens
    yes: string;          // the button that does it
    done: string;         // when it was accepted
    refused: string;      // what to do when the charger says no
}
export interface Said { text: string; bad?: boolean; busy?: boolean }

/** Answers that are a yes; what else they mean. */
const YES: Record<string, string> = {
    Accepted: '', Unlocked: '', Scheduled: ' It does so when the running transaction is over.', RebootRequired: ' It counts after the charger\'s next restart.',
    AcceptedCanceled: ' What was under way before is given up.',
};

/** "" when it can be asked something. */
export function whyOff(charger: Charger): string {
    if (reach.value.state === 'lost') return 'The hub cannot be reached.';
    return charger.online ? '' : `${charger.identity} is offline. Check its power and network.`;
}

export async function run(charger: Charger, operation: Operation, say: (said: Said) => void): Promise<boolean> {
    say({ text: `${operation.doing}…`, busy: true });
    try {
        const { status = 'Accepted' } = await operate(charger.identity, operation.name, operation.body, operation.query);
        const good = YES[status];
        if (good === undefined) say({ text: `${charger.identity} answered ${status}. ${operation.refused}`, bad: true });
        else say({ text: operation.done + good });
        return good !== undefined;
    } catch (error) {
        say({ text: wrong(error, charger.identity, operation.doing), bad: true });
        return false;
    }
}

/** Asks, runs it and tells how it went. */
export function useOperations(charger: Charger, after: () => void): { said: Said; off: string; busy: boolean; start: (operation: Operation) => Promise<boolean>; clear: () => void } {
    const [said, setSaid] = useState<Said>({ text: '' });
    async function start(operation: Operation) {
        if (!(await ask(operation.sure, operation.yes))) return false;
        const taken = await run(charger, operation, setSaid);
        after();
        return taken;
    }
    return { said, off: whyOff(charger), busy: said.busy === true, start, clear: () => setSaid({ text: '' }) };
}
