// A field with its label, a hint, and what is wrong with it.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { useObjection } from './form.js';

export interface FieldProps {
  readonly name: string;
  readonly label: string;
  /** The tokens of HTML's autocomplete, such as `username`. */
  readonly autocomplete: string;
  readonly type?: 'email' | 'text' | 'password' | 'date';
  readonly value?: string;
  readonly hint?: string;
  readonly isOptional?: boolean;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What may be chosen from, or left aside. */
  readonly suggestions?: readonly string[];
  readonly inputMode?: 'numeric';
  readonly onInput?: (input: HTMLInputElement) => void;
  /** Within the frame of the field, behind the text. */
  readonly behind?: ComponentChildren;
}

/** Preact's types have one input for each type, and want to know which. */
const literal = (type: FieldProps['type']) => type as 'text';

export function Field({
  name,
  label,
  autocomplete,
  type = 'text',
  value = '',
  hint,
  isOptional,
  atLeast,
  atMost,
  suggestions,
  inputMode,
  onInput,
  behind,
}: FieldProps) {
  const id = useId();
  const objection = useObjection(name);
  const said = [hint === undefined ? '' : `${id}-hint`, objection === undefined ? '' : `${id}-objection`];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
      <div class="frame">
        <input
          id={id}
          name={name}
          type={literal(type)}
          defaultValue={value}
          autocomplete={autocomplete}
          inputMode={inputMode}
          onInput={({ currentTarget }) => onInput?.(currentTarget)}
          autocapitalize="off"
          autocorrect="off"
          spellcheck={false}
          required={isOptional !== true}
          data-at-least={atLeast}
          maxLength={atMost}
          list={suggestions && `${id}-list`}
          aria-invalid={objection !== undefined}
          aria-describedby={said.filter(Boolean).join(' ') || undefined}
        />
        {behind}
        {suggestions && (
          <datalist id={`${id}-list`}>
            {suggestions.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        )}
      </div>
      <p id={`${id}-objection`} class="objection" aria-live="polite">
        {objection}
      </p>
    </div>
  );
}
