// An act that may need a fresh proof of who the person is: it is asked for in place, and the act is made again with what
// was typed.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { type Call, type Try, useCall } from '../components/use-call.js';
import { isRefused } from '../requests.js';
import { StepUp } from './step-up.js';

interface Proven<V> {
  readonly call: Call<V>;
  /** Stands in place of the act's own form, which is hidden meanwhile, and keeps what was typed. */
  readonly proof: ComponentChildren;
  /** The person was asked, and gave no proof. */
  readonly isDeclined: boolean;
}

/** @param act rejects with Refused, or with another error if no answer came */
export function useProven<V = void>(act: (value: V, trial: Try) => Promise<void>): Proven<V> {
  const waiting = useRef<{ readonly value: V }>(undefined);
  const [isAsked, setAsked] = useState(false);
  const [isDeclined, setDeclined] = useState(false);
  const call = useCall<V>(async (value, trial) => {
    setDeclined(false);
    try {
      await act(value, trial);
    } catch (error) {
      if (!isRefused(error) || error.code !== 'reauthentication_required') throw error;
      waiting.current = { value };
      setAsked(true);
    }
  });
  const repeat = () => {
    setAsked(false);
    if (waiting.current) call.run(waiting.current.value);
  };
  const decline = () => {
    setAsked(false);
    setDeclined(true);
  };
  return { call, proof: isAsked && <StepUp onProven={repeat} onCancel={decline} />, isDeclined };
}
