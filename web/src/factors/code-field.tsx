// The field for a code of six digits. It takes pasted codes with spaces and what a phone fills in, and sends the sixth
// digit off by itself, once.
import { useRef } from 'preact/hooks';
import { Field } from '../components/field.js';
import { t } from '../text.js';
import { digitsOf } from './digits.js';

const LENGTH = 6;

export function CodeField() {
  const sent = useRef('');

  function typed(input: HTMLInputElement): void {
    const digits = digitsOf(input.value);
    if (digits.length < LENGTH) sent.current = '';
    if (digits.length !== LENGTH || digits === sent.current) return;
    sent.current = digits;
    input.value = digits;
    // The button, and not the form: it knows whether there is something to wait for.
    input.form?.querySelector<HTMLElement>('button[type=submit]')?.click();
  }

  return (
    <Field
      name="code"
      label={t('factor.code')}
      hint={t('factor.codeHint')}
      autocomplete="one-time-code"
      inputMode="numeric"
      onInput={typed}
    />
  );
}
