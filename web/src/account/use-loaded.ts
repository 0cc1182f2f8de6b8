// What a page asks the service for when it is opened.
import { useEffect, useState } from 'preact/hooks';
import { type Call, useCall } from '../components/use-call.js';

interface Loaded<T> {
  /** Undefined until the first answer. */
  readonly data: T | undefined;
  readonly call: Call;
}

/** @param load rejects with Refused, or with another error if no answer came */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [data, setData] = useState<T>();
  const call = useCall(async () => setData(await load()));
  useEffect(() => call.run(), []);
  return { data, call };
}
