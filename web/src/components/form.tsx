// A form whose fields the browser keeps: what a password manager fills in is sent even if no event told of it.
import type { ComponentChildren, TargetedSubmitEvent } from 'preact';
import { createContext } from 'preact';
import { useContext, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../text.js';
import { Button } from './button.js';
import { Outcome } from './outcome.js';
import { objectionTo, type Objects, type Says } from './sentences.js';
import type { Call } from './use-call.js';

export type Values = Readonly<Record<string, string>>;

interface Props {
  readonly call: Call<Values>;
  /** The text of the button. */
  readonly submit: string;
  readonly children?: ComponentChildren;
  /** Beside the button. */
  readonly aside?: ComponentChildren;
  readonly says?: Says;
  readonly objects?: Objects;
  /** What can be done about the refusal, such as a button. */
  readonly remedy?: ComponentChildren;
  /** The field that a refused password belongs to. */
  readonly passwordField?: string;
  /** For an act that takes something away. */
  readonly isGrave?: boolean | undefined;
}

type Objections = Readonly<Record<string, string>>;

const FormContext = createContext<Objections>({});

/** @returns what is wrong with the field of this name */
export const useObjection = (name: string): string | undefined => useContext(FormContext)[name];

export function Form({
  call,
  submit,
  children,
  aside,
  says = {},
  objects = {},
  remedy,
  passwordField = 'password',
  isGrave = false,
}: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [own, setOwn] = useState<Objections>({});
  const { trouble } = call;
  const names = inputsOf(form.current).map(({ name }) => name);
  const theirs =
    trouble?.kind === 'refused'
      ? objectionsOf(names, (name) => objectionTo(name, trouble.refused, passwordField, objects))
      : {};
  const objections = { ...theirs, ...own };
  const first = names.find((name) => name in objections);

  useLayoutEffect(() => {
    if (first !== undefined)
      inputsOf(form.current)
        .find(({ name }) => name === first)
        ?.focus();
  }, [trouble, own]);

  function send(event: TargetedSubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const inputs = inputsOf(event.currentTarget);
    const found = objectionsOf(
      inputs.map(({ name }) => name),
      (name) => lackOf(inputs.find((input) => input.name === name)),
    );
    setOwn(found);
    call.forget();
    if (Object.keys(found).length === 0) call.run(valuesOf(inputs));
  }

  return (
    <FormContext.Provider value={objections}>
      <form ref={form} class="form" method="post" noValidate onSubmit={send}>
        {first === undefined && <Outcome call={call} says={says} remedy={remedy} />}
        {children}
        <div class="actions">
          <Button type="submit" call={call} isGrave={isGrave}>
            {submit}
          </Button>
          {aside}
        </div>
      </form>
    </FormContext.Provider>
  );
}

type Control = HTMLInputElement | HTMLSelectElement;

const inputsOf = (form: HTMLFormElement | null): Control[] =>
  [...(form?.elements ?? [])].filter(
    (each): each is Control => each instanceof HTMLInputElement || each instanceof HTMLSelectElement,
  );

const isUnticked = (control: Control) =>
  control instanceof HTMLInputElement && control.type === 'checkbox' && !control.checked;

/** A box that is not ticked is ''. */
const valuesOf = (inputs: readonly Control[]): Values =>
  Object.fromEntries(inputs.map((each) => [each.name, isUnticked(each) ? '' : each.value]));

function objectionsOf(names: readonly string[], objection: (name: string) => string | undefined): Objections {
  const found = names.map((name) => [name, objection(name)] as const);
  return Object.fromEntries(found.filter((each): each is [string, string] => each[1] !== undefined));
}

/** What the page can tell without asking the service. */
function lackOf(input: Control | undefined): string | undefined {
  if (input === undefined || input.type === 'checkbox') return undefined;
  if (input.required && input.value === '') return t('errors.required');
  if (input.type === 'email' && !/^\s*\S+@\S+\s*$/.test(input.value)) return t('errors.email');
  const atLeast = Number(input.dataset['atLeast'] ?? 0);
  if (Array.from(input.value.normalize('NFC')).length < atLeast) return t('reasons.short', { count: atLeast });
  return undefined;
}
