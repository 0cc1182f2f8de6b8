// The durations of a run, in seconds, and what is repeated.
import { ONE_CORE_TAKEN, QUIET } from './conditions.mjs';

/** These are measured in both conditions and, with --runs, several times: what else there is, once and on a quiet machine. */
export const REPEATED = ['authenticated', 'refresh', 'login', 'login-storm'];

const WHOLE = {
  rounds: 5,
  /** Each of several runs has one less. */
  roundsOfMany: 4,
  warmup: 0.5,
  /** V8 optimises code after some thousand runs; until then a server reaches half of its speed. */
  compile: 7,
  seconds: 1.5,
  soakSeconds: 300,
  sizes: [10_000, 100_000, 1_000_000],
};
/** For development only: not a measurement. */
const QUICK = {
  rounds: 2,
  roundsOfMany: 2,
  warmup: 0.3,
  compile: 2,
  seconds: 0.7,
  soakSeconds: 20,
  sizes: [1_000, 5_000, 20_000],
};

/**
 * With three runs `authenticated refresh login login-storm growth start` take some 35 minutes.
 * @param options { quick, isQuietOnly, soakSeconds, runs } of the command line
 * @param run which one of the runs it is: some rows are measured in the first only, where `isFirstRun`
 */
export function planOf({ quick = false, isQuietOnly = false, soakSeconds, runs = 1 } = {}, run = 0) {
  const { roundsOfMany, ...plan } = quick ? QUICK : WHOLE;
  return {
    ...plan,
    isQuick: quick,
    rounds: runs > 1 ? roundsOfMany : plan.rounds,
    soakSeconds: soakSeconds ?? plan.soakSeconds,
    conditions: isQuietOnly ? [QUIET] : [QUIET, ONE_CORE_TAKEN],
    isFirstRun: run === 0,
  };
}
