// Stands where the answer will stand: a moment, a fresh proof of who the administrator is, or why the answer does not come.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading } from '../account/loading.js';
import { Button } from '../components/button.js';
import type { Call } from '../components/use-call.js';
import { useProven } from '../factors/use-proven.js';
import { t } from '../text.js';

interface Props {
  readonly call: Call<never>;
  readonly proof: ComponentChildren;
  readonly isDeclined: boolean;
}

export function Opening({ call, proof, isDeclined }: Props) {
  if (proof) return proof;
  if (!isDeclined) return <Loading call={call as Call} />;
  return (
    <>
      <p>{t('admin.unproven')}</p>
      <div class="actions">
        <Button call={call}>{t('admin.prove')}</Button>
      </div>
    </>
  );
}

/** What a page of administrators asks the service for when it is opened. */
export function useOpened<T>(load: () => Promise<T>) {
  const [data, setData] = useState<T>();
  const proven = useProven(async () => setData(await load()));
  useEffect(() => proven.call.run(), []);
  return { data, setData, ...proven };
}
