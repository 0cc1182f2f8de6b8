// The worlds in which the models are checked, and the guards that are taken out there (docs/protocols/models.md).

export interface World {
  /** The file in models/, and the constants of its world. */
  readonly name: string;
  readonly constants: readonly string[];
  /** Thousands of states, measured: a run finds this many within a factor of two. 0: too many to be searched whole. */
  readonly thousands: number;
  /** Each takes a guard out, and is found in the world. */
  readonly mutants: readonly string[];
  /** The world is searched for what comes in the end (`ltl`), for processes that are never left out for good. */
  readonly inTheEnd?: true;
  /** Remembers states by hashes in two to the power of so many bits: memory is bounded, and some states may be missed. */
  readonly bits?: number | undefined;
}

export const worlds: readonly World[] = [
  {
    name: 'refresh',
    constants: ['ROUNDS=2', 'THEFTS=1'],
    thousands: 23_100,
    mutants: ['LOOK_THEN_SET', 'NO_GRACE_LIMIT', 'GRACE_SLIDES', 'REPLAY_UNCHECKED', 'PUNISH_UNCHECKED'],
  },
  { name: 'refresh', constants: ['ROUNDS=1', 'THEFTS=1', 'RESTORE'], thousands: 5_500, mutants: [] },
  {
    name: 'refresh',
    constants: ['ROUNDS=1', 'THEFTS=1', 'LOSSES=1'],
    thousands: 3_605,
    mutants: ['NO_REPLAY', 'REPLAYED_ONCE'],
    inTheEnd: true,
  },
  { name: 'revocation', constants: ['FAULTS=2', 'CHECKS=1'], thousands: 21_900, mutants: ['RUN_ID_ALONE'] },
  {
    name: 'revocation',
    constants: ['FAULTS=0', 'CHECKS=1'],
    thousands: 0, // a part of the world above, whose mutants need no fault
    mutants: ['NO_LEASE', 'JOINED_READS', 'DEL_BEFORE_COMMIT'],
  },
  {
    name: 'keys',
    constants: ['END=9'],
    thousands: 3_123,
    mutants: ['PUBLISHED_AT_ACTIVATION', 'REMOVED_AT_RETIREMENT', 'PLAN_NOT_READ_AGAIN', 'SIGNS_WITHOUT_ASKING'],
  },
  {
    name: 'feed',
    constants: ['FAULTS=3'],
    thousands: 19,
    mutants: ['AFTER_NUMBER', 'SIGNS_WITHOUT_READING', 'TAKES_OLDER'],
  },
  { name: 'feed', constants: ['FAULTS=3'], thousands: 48, mutants: [], inTheEnd: true },
  {
    name: 'tickets',
    constants: ['GUESSES=3'],
    thousands: 193,
    mutants: ['TOKEN_LOOKED_BEFORE_THE_LOCK', 'COUNTED_AFTER', 'TICKET_IN_SUBSELECT'],
  },
];

/** So much memory for hashes (2 GiB); a world that has no bound of its own is searched in part. */
const NIGHT = { thousands: 0, mutants: [], bits: 34 } as const;

/** `--night`: more rounds, thieves, faults, keys and time. */
export const nightWorlds: readonly World[] = [
  { ...NIGHT, name: 'feed', constants: ['FAULTS=8'] },
  { ...NIGHT, name: 'feed', constants: ['FAULTS=8'], inTheEnd: true },
  { ...NIGHT, name: 'tickets', constants: ['GUESSES=6', 'CRASHES=3'] },
  { ...NIGHT, name: 'refresh', constants: ['ROUNDS=1', 'THEFTS=1', 'LOSSES=2'], inTheEnd: true },
  { ...NIGHT, name: 'keys', constants: ['END=12', 'REVOCATIONS=2'] },
  { ...NIGHT, name: 'refresh', constants: ['ROUNDS=3', 'THEFTS=1'] },
  { ...NIGHT, name: 'refresh', constants: ['ROUNDS=2', 'THEFTS=2', 'RESTORE'] },
  { ...NIGHT, name: 'revocation', constants: ['FAULTS=3', 'CHECKS=2'] },
  { ...NIGHT, name: 'revocation', constants: ['FAULTS=4', 'CHECKS=1'] },
];
