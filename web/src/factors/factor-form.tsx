// The second step: the person shows one of their factors, and chooses which.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Factor } from '../../../packages/client/src/main.js';
import { knowsPasskeys } from '../../../packages/client/src/passkeys.js';
import { auth, restore } from '../auth.js';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Outcome } from '../components/outcome.js';
import { type Try, useCall } from '../components/use-call.js';
import { isRefused, open } from '../requests.js';
import { t } from '../text.js';
import { CodeField } from './code-field.js';
import { digitsOf } from './digits.js';
import { type Method, methodsIn } from './next-step.js';
import { askedFor } from './passkeys.js';

interface Props {
  readonly methods: readonly string[];
  readonly onProven: () => void;
  /** The time for it is over: the first step comes again. */
  readonly onOver: () => void;
}

type Prove = (shown: () => Factor | Promise<Factor>, trial: Try) => Promise<void>;

export function FactorForm({ methods, onProven, onOver }: Props) {
  const offered = methodsIn(methods).filter((each) => each !== 'passkey' || knowsPasskeys());
  const [method, setMethod] = useState<Method>(offered[0] ?? 'recovery_code');
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector<HTMLElement>('input, button')?.focus(), [method]);

  async function prove(shown: () => Factor | Promise<Factor>, { mayBeDone }: Try): Promise<void> {
    try {
      await auth.continue(undefined, await shown());
    } catch (error) {
      if (!isRefused(error) || error.code !== 'factor_ticket_invalid') throw error;
      if (!mayBeDone || !(await isSignedIn())) return onOver(); // else an earlier try worked, and its answer was lost
    }
    return onProven();
  }

  const Step = steps[method];
  const others = offered.filter((each) => each !== method);
  return (
    <>
      <div ref={place}>
        <Step key={method} prove={prove} />
      </div>
      {others.length > 0 && (
        <ul class="ways" aria-label={t('factor.otherWays')}>
          {others.map((other) => (
            <li key={other}>
              <Button look="link" onClick={() => setMethod(other)}>
                {t(`factor.use.${other}`)}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

const isSignedIn = (): Promise<boolean> =>
  restore().then(
    () => auth.user !== null,
    () => false,
  );

interface StepProps {
  readonly prove: Prove;
}

const steps = { totp: CodeStep, recovery_code: RecoveryStep, passkey: PasskeyStep } as const;

function CodeStep({ prove }: StepProps) {
  const call = useCall(({ code = '' }: Values, trial: Try) => prove(() => ({ totp: digitsOf(code) }), trial));
  return (
    <Form call={call} submit={t('factor.submit')} objects={{ invalid_credentials: ['code', 'factor.wrongCode'] }}>
      <CodeField />
    </Form>
  );
}

function RecoveryStep({ prove }: StepProps) {
  const call = useCall(({ code = '' }: Values, trial: Try) => prove(() => ({ recoveryCode: code.trim() }), trial));
  return (
    <Form call={call} submit={t('factor.submit')} objects={{ invalid_credentials: ['code', 'factor.wrongRecovery'] }}>
      <Field name="code" label={t('factor.recovery')} hint={t('factor.recoveryHint')} autocomplete="off" />
    </Form>
  );
}

function PasskeyStep({ prove }: StepProps) {
  const ask = async () => ({ passkey: await askedFor(await open('/auth/factor/options', {}, { cookies: true })) });
  const call = useCall((_: void, trial: Try) => prove(ask, trial));
  return (
    <div class="form">
      <p>{t('factor.passkeyHint')}</p>
      <Outcome call={call} says={{ invalid_credentials: 'factor.wrongPasskey' }} />
      <div class="actions">
        <Button call={call}>{t('factor.use.passkey')}</Button>
      </div>
    </div>
  );
}
