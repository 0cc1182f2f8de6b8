// Describes plans for the keys in sentences.
import {
  type Change,
  nextRotationAt,
  type Objection,
  partsOf,
  type PlannedKey,
  type Policy,
} from '../keys/rotation.js';
import { stateOf } from '../keys/signing-key.js';

/** How long a verifier may use an old copy of the key set: max-age, stale-if-error, its own cache. */
const OLD_COPY_SECONDS = 3_600 + 3_600 + 1_200;

export const at = (time: Date) => time.toISOString().replace(/\.\d+Z$/, 'Z');
const later = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1_000);

type ActOnKey = Exclude<Change, { type: 'publish' | 'retire' | 'reopen' }>;
const retirement = (plan: readonly Change[]) => plan.find((change) => change.type === 'retire');
const reopening = (plan: readonly Change[]) => plan.find((change) => change.type === 'reopen');
const act = (plan: readonly Change[], type: ActOnKey['type']) =>
  plan.find((change): change is ActOnKey => change.type === type);

type Shown = Omit<PlannedKey, 'privateSealed'>;

export function sentenceOfKey(key: Shown, keys: readonly PlannedKey[], now: Date, policy: Policy): string {
  const { publishedAt, activateAt, retireAt, removeAt, revokedAt } = key;
  if (revokedAt) return `revoked at ${at(revokedAt)}`;
  switch (stateOf(key, now)) {
    case 'standby':
      return `standby, published at ${at(publishedAt)}, ${activateAt ? `signs from ${at(activateAt)} on` : 'not due yet'}`;
    case 'signing':
      return `signs since ${at(activateAt ?? now)}, hands over at ${at(nextRotationAt(keys, now, policy) ?? now)}`;
    case 'retired':
      return `signed until ${at(retireAt ?? now)}, leaves the key set at ${at(removeAt ?? now)}`;
    default:
      return `removed at ${at(removeAt ?? now)}`;
  }
}

export function sentenceOfRotation(plan: readonly Change[], keys: readonly PlannedKey[], policy: Policy): string {
  const [retire, activate] = [retirement(plan), act(plan, 'activate')];
  if (!retire || !activate) return 'Nothing changes.';
  return (
    `${activate.kid} signs from ${at(activate.at)} on; ${retire.kid} verifies until ${at(retire.removeAt)}, then leaves ` +
    `the key set and its private half is destroyed. A new standby is published now.${tooYoung(activate, keys, policy)}`
  );
}

export function sentenceOfImport(plan: readonly Change[], kid: string, now: Date, policy: Policy): string {
  const published = plan.find((change) => change.type === 'publish' && change.isImported);
  if (published?.type === 'publish' && published.activateAt)
    return `${kid} signs at once, because no key was signing. A standby is ready.`;
  const replaced = act(plan, 'remove');
  return (
    `${kid} is the standby now; it can sign from ${at(later(now, policy.publishAheadSeconds))} on, at the next rotation.` +
    (replaced ? ` It replaces ${replaced.kid}, which never signed and is removed.` : '')
  );
}

export function sentenceOfRevocation(
  plan: readonly Change[],
  keys: readonly PlannedKey[],
  kid: string,
  now: Date,
  policy: Policy,
): string {
  const [activate, reopen] = [act(plan, 'activate'), reopening(plan)];
  const { signer } = partsOf(keys, now);
  const then = activate
    ? ` ${activate.kid} signs at once.${tooYoung(activate, keys, policy)}`
    : reopen
      ? ` ${reopen.kid} keeps signing: the rotation to ${kid} is cancelled.`
      : signer?.kid === kid
        ? ' There is no standby: no token is signed until the running service has made a key, which takes seconds.'
        : '';
  return (
    `${kid} is revoked: every instance refuses it within 2 s (401 token_stale, clients refresh), and its private half is ` +
    `destroyed.${then} The service publishes new keys. Verifiers that only read the key set may trust ${kid} ` +
    `until ${at(later(now, OLD_COPY_SECONDS))}.`
  );
}

function tooYoung({ kid, at: from }: { kid: string; at: Date }, keys: readonly PlannedKey[], policy: Policy): string {
  const key = keys.find((candidate) => candidate.kid === kid);
  const ready = later(key?.publishedAt ?? from, policy.publishAheadSeconds);
  if (ready <= from) return '';
  return ` It was published at ${at(key?.publishedAt ?? from)} only: a verifier with an older key set that does not fetch again on an unknown kid refuses its tokens until ${at(ready)} at the latest.`;
}

const plain = {
  no_signer: 'No key signs: start the service, which makes a key, or import one.',
  no_standby: 'There is no standby yet: the running service publishes one within seconds.',
  unknown_key: 'No such key. "keys list --all" shows every kid.',
  removed_already: 'The key has left the key set already, and its private half is destroyed.',
  revoked_already: 'The key was revoked already.',
} as const;

export function sentenceOfObjection(objection: Objection): string {
  switch (objection.objection) {
    case 'kid_used':
      return `The kid ${objection.as} was used before. Choose another one.`;
    case 'key_used':
      return `This key was used before, as ${objection.as}. Make a new one.`;
    case 'rotating_already':
      return `A rotation is in progress: ${objection.to} signs from ${at(objection.at)} on.`;
    case 'standby_too_young':
      return (
        `The standby ${objection.kid} was published at ${at(objection.publishedAt)}; verifiers may hold a key set without ` +
        `it. Rotate after ${at(objection.from)}, or use --force.`
      );
    default:
      return plain[objection.objection];
  }
}
