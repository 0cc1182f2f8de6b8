// A box to tick. Its value in the form is '1', or '' while it is not ticked.
import { useId } from 'preact/hooks';

interface Props {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
}

export function Checkbox({ name, label, hint }: Props) {
  const id = useId();
  return (
    <div class="checkbox">
      <input
        id={id}
        name={name}
        type="checkbox"
        value="1"
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      />
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="hint">
          {hint}
        </p>
      )}
    </div>
  );
}
