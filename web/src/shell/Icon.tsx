// SPDX-License-Identifier: Apache-2.0
// Line drawings in a box of 16 by 16. They repeat a word beside them and are hidden from screen readers.
const paths = {
    home: 'M2.5 7.5 8 3l5.5 4.500v5.700h-11zM6.5 13V9.500h3V13',
    devices: 'M3 3h10a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM3 9h10a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1v-2a1 1 0 0 1 1-1zM4.500 5h.1M4.500 11h.1',
    user: 'M8 3a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5zM3 13.500a5 5 0 0 1 10 0',
    out: 'M6.500 2.500h-4v11h4M6 8h7.500M10.500 5l3 3-3 3',
    search: 'M7 2.700a4.300 4.300 0 1 1 0 8.600 4.300 4.300 0 0 1 0-8.600zM10.300 10.300l3.500 3.500',
    chevron: 'm6 3.500 4.500 4.500L6 12.500',
    up: 'm4 10 4-4 4 4',
    down: 'm4 6 4 4 4-4',
    cross: 'm4 4 8 8M12 4l-8 8',
    hand: 'M3 13.500V8.500a5 5 0 0 1 10 0v5M8 3.500v5',
    unknown: 'M3 3h10v10H3zM6.500 6.500a1.500 1.500 0 1 1 2 1.400c-.4.2-.5.5-.5 1M8 10.700v.1',
    online: '',
    late: 'M8 3.200a4.800 4.800 0 1 1 0 9.600 4.800 4.800 0 0 1 0-9.600z',
    offline: 'M8 3.200a4.800 4.800 0 1 1 0 9.600 4.800 4.800 0 0 1 0-9.600zM3 13 13 3',
    never: '',
    ok: 'm3.500 8.500 3 3 6-7',
    updating: 'M13 6.500A5.300 5.300 0 0 0 3.600 5M3 9.500A5.300 5.300 0 0 0 12.400 11M3.300 2.300V5H6M12.700 13.700V11H10',
    warning: 'M8 2.500 14.200 13.500H1.800zM8 6.500v3.200M8 11.700v.1',
    critical: 'M5.300 1.800h5.400l3.500 3.500v5.400l-3.500 3.500H5.300l-3.500-3.500V5.300zM8 4.800v4M8 11.200v.1',
};

export type IconName = keyof typeof paths;

export function Icon({ name, path }: { name?: IconName; path?: string }) {
    return (
        <svg class={name === 'chevron' ? 'i flip' : 'i'} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            {name === 'online' && <circle class="solid" cx="8" cy="8" r="4.6" />}
            {name === 'late' && <path class="solid" stroke="none" d="M8 3.200a4.800 4.800 0 0 1 0 9.600z" />}
            {name === 'never' && <circle cx="8" cy="8" r="4.8" stroke-dasharray="2 2.4" />}
            <path d={path ?? (name ? paths[name] : '')} />
        </svg>
    );
}
