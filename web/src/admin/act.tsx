// An act of an administrator: a button, then one question that says what will happen, with room for a reason.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import type { Says } from '../components/sentences.js';
import { useProven } from '../factors/use-proven.js';
import { t } from '../text.js';

interface Props {
  /** The text of the button. */
  readonly does: string;
  /** What it does, for a reader who does not see what stands beside it. */
  readonly label?: string;
  readonly asks: string;
  /** The text of the button that does it. */
  readonly submit: string;
  readonly isGrave?: boolean;
  /** @returns what has happened; rejects with Refused, or with another error if no answer came */
  readonly act: (values: Values) => Promise<void>;
  readonly says?: Says;
  /** Fields above the reason. */
  readonly children?: ComponentChildren;
}

const MAX_REASON = 500;

export function Act({ does, label, asks, submit, isGrave = false, act, says = {}, children }: Props) {
  const [isAsked, setAsked] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const question = useRef<HTMLParagraphElement>(null);
  const wasAsked = useRef(false);
  const { call, proof } = useProven<Values>(async (values) => {
    await act(values);
    wasAsked.current = false; // what has happened is told, and takes the focus
    setAsked(false);
  });
  useEffect(() => {
    if (isAsked) question.current?.focus();
    else if (wasAsked.current) place.current?.querySelector('button')?.focus();
    wasAsked.current = isAsked;
  }, [isAsked]);
  const cancel = () => {
    call.forget();
    setAsked(false);
  };
  return (
    <div class="act" ref={place}>
      {!isAsked && (
        <Button
          look="plain"
          isGrave={isGrave}
          {...(label === undefined ? {} : { label })}
          onClick={() => setAsked(true)}
        >
          {does}
        </Button>
      )}
      {proof}
      {isAsked && (
        <div class="asked" hidden={Boolean(proof)}>
          <p ref={question} tabIndex={-1} class="question">
            {asks}
          </p>
          <Form
            call={call}
            submit={submit}
            isGrave={isGrave}
            says={says}
            aside={
              <Button look="plain" onClick={cancel}>
                {t('cancel')}
              </Button>
            }
          >
            {children}
            <Reason />
          </Form>
        </div>
      )}
    </div>
  );
}

/** Why; for those who read the events later. */
function Reason() {
  return (
    <Field
      name="reason"
      label={t('admin.reason')}
      hint={t('admin.reasonHint')}
      autocomplete="off"
      atMost={MAX_REASON}
      isOptional
    />
  );
}

/** @returns what goes along with the act */
export const reasonIn = ({ reason = '' }: Values): { reason?: string } =>
  reason.trim() === '' ? {} : { reason: reason.trim() };
