// SPDX-License-Identifier: Apache-2.0
// What is planned for a charger: who has it kept, and what it may give when.
import { useEffect, useState } from 'preact/hooks';
import { listTags, type Charger, type Tag } from './api';
import { signOf, useFresh } from './fresh';
import { getPlans } from './plan';
import { Profiles } from './Profiles';
import { Reservations } from './Reservations';
import { Stale } from './Tabs';

const EVERY_MS = 30000;

export function Plans({ charger }: { charger: Charger }) {
    const fresh = useFresh(() => getPlans(charger.identity), EVERY_MS, [charger.identity], signOf(charger.identity));
    const [tags, setTags] = useState<Tag[]>([]);
    useEffect(() => void listTags().then((page) => setTags(page.tags), () => undefined), []);
    return (
        <>
            <Stale fresh={fresh} what={`Plans of ${charger.identity}`} />
            {fresh.value && (
                <div class="grid">
                    <Reservations charger={charger} known={fresh.value.reservations} tags={tags} again={fresh.again} />
                    <Profiles charger={charger} known={fresh.value.charging_profiles} again={fresh.again} />
                </div>
            )}
        </>
    );
}
