// A field for a password, which can be shown.
import { useState } from 'preact/hooks';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { Field, type FieldProps } from './field.js';

type Props = Pick<FieldProps, 'name' | 'label' | 'hint'> & {
  readonly autocomplete: 'current-password' | 'new-password';
};

/** A new password has the hint how long it must be. */
export function PasswordField({ hint, autocomplete, ...props }: Props) {
  const [isShown, setShown] = useState(false);
  const isNew = autocomplete === 'new-password';
  const length = settings.passwordMinLength;
  return (
    <Field
      {...props}
      {...(isNew
        ? { hint: hint ?? t('password-hint', { length }), atLeast: length }
        : hint === undefined
          ? {}
          : { hint })}
      autocomplete={autocomplete}
      type={isShown ? 'text' : 'password'}
      behind={
        <button type="button" class="show" onClick={() => setShown(!isShown)}>
          {isShown ? t('hide') : t('show')} <span class="unseen">{t('show-what')}</span>
        </button>
      }
    />
  );
}
