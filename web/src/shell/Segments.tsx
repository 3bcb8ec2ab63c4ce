// SPDX-License-Identifier: Apache-2.0
/** One of a few, all of them in sight. */
export function Segments<T extends string | number>(props: { label: string; name: string; options: [value: T, text: string][]; value: T; onChange: (value: T) => void }) {
    return (
        <fieldset class="seg">
            <legend class="sr">{props.label}</legend>
            {props.options.map(([value, text]) => (
                <label key={value}>
                    <input type="radio" name={props.name} checked={props.value === value} onChange={() => props.onChange(value)} />
                    <span>{text}</span>
                </label>
            ))}
        </fieldset>
    );
}
