// SPDX-License-Identifier: Apache-2.0
// The places of charging beside each other, and what all their pages have.
import type { Fresh } from './fresh';
import { href } from '../../shell/router';

const PLACES: [path: string, label: string][] = [['chargers', 'Chargers'], ['transactions', 'Transactions'], ['tags', 'Tags'], ['sites', 'Sites'], ['templates', 'Templates'], ['tariffs', 'Tariffs'], ['payments', 'Payments'], ['certificates', 'Certificates']];

export function Places({ here }: { here: string }) {
    return (
        <nav class="tabs parts" aria-label="Charging">
            {PLACES.map(([path, label]) => <a key={path} href={href([path])} aria-current={path === here ? 'page' : undefined}>{label}</a>)}
        </nav>
    );
}

/** Why what is shown is not newer. */
export function Stale<T>({ fresh: { failure, again }, what }: { fresh: Fresh<T>; what: string }) {
    if (!failure) return null;
    return <p class="failure" role="alert">{what} cannot be read: {failure.message} <button type="button" class="btn small" onClick={again}>Try again</button></p>;
}
