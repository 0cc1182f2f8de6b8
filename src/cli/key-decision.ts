// Plans a change of the keys, carries it out unless it is a dry run, and describes it.
import { isObjection, type Objection } from '../keys/rotation.js';
import { type Decide, type Plan, SigningKeys, type Snapshot } from '../keys/signing-keys.js';
import { asDryRun, type Desk, type Done } from './command.js';
import { Failure } from './failure.js';
import { at, sentenceOfObjection } from './key-sentences.js';

interface Decision {
  readonly dryRun: boolean;
  readonly decide: Decide;
  readonly act: () => Promise<Plan>;
  readonly describe: (plan: Exclude<Plan, Objection>, before: Snapshot) => string;
}

/** The keys are already in the requested state: this is reported, but it is no failure. */
const harmless = new Set(['rotating_already', 'revoked_already']);

export async function decided(desk: Desk, { dryRun, decide, act, describe }: Decision): Promise<Done> {
  const before = await desk.get(SigningKeys).load();
  const plan = dryRun ? decide(before.keys, before.now) : await act();
  if (!isObjection(plan)) {
    const sentence = dryRun ? asDryRun(describe(plan, before)) : describe(plan, before);
    return { sentence, result: { changed: !dryRun, dryRun, at: at(before.now), plan, sentence } };
  }
  const sentence = sentenceOfObjection(plan);
  if (!harmless.has(plan.objection)) throw Failure.of(plan.objection, sentence);
  return { sentence, result: { changed: false, dryRun, ...plan, sentence } };
}
