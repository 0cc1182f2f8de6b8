// The roles of this installation, as choices: asked for once, after the list or the user has been shown.
import { useEffect, useState } from 'preact/hooks';
import { readFigures } from './figures.js';

/** Every installation has these. */
let known: readonly string[] = ['user', 'admin'];
let asked: Promise<void> | undefined;

export function useRoles(): readonly string[] {
  const [roles, setRoles] = useState(known);
  useEffect(() => {
    asked ??= readFigures().then((figures) => void (known = figures.roles));
    asked.then(
      () => setRoles(known),
      () => (asked = undefined),
    );
  }, []);
  return roles;
}
