// A choice of one of a few.
import { useId } from 'preact/hooks';
import { useObjection } from './form.js';

interface Props {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
}

export function Select({ name, label, value = '', options }: Props) {
  const id = useId();
  const objection = useObjection(name);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="frame">
        <select
          id={id}
          name={name}
          aria-invalid={objection !== undefined}
          aria-describedby={objection === undefined ? undefined : `${id}-objection`}
        >
          {options.map((each) => (
            <option key={each.value} value={each.value} selected={each.value === value}>
              {each.text}
            </option>
          ))}
        </select>
      </div>
      <p id={`${id}-objection`} class="objection" aria-live="polite">
        {objection}
      </p>
    </div>
  );
}
