// Whether the person has a password: whoever got their account at a provider may have none.
import { useEffect, useState } from 'preact/hooks';
import { settings } from '../settings.js';
import { listed } from './identities.js';

/** @returns undefined while that is not known yet; true where it cannot be known now */
export function useHasPassword(): boolean | undefined {
  const [hasPassword, setKnown] = useState(settings.providers.length > 0 ? undefined : true);
  useEffect(() => {
    if (hasPassword === undefined)
      void listed().then(
        (answer) => setKnown(answer.hasPassword),
        () => setKnown(true),
      );
  }, []);
  return hasPassword;
}
