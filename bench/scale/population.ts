// The people that the reckoning assumes. They are made up: put your own numbers here, and the page follows.

export const POPULATION = {
  sessionsPerUser: 5,
  /** The share of all sessions that are in use at the same moment, at the busiest hour. */
  onlineShare: 0.1,
  /** Access tokens live for 15 minutes; clients refresh 3 minutes earlier. */
  secondsBetweenRefreshes: 12 * 60,
  /** Siblings verify by themselves: these are the requests that reach Watchword. */
  secondsBetweenChecks: 10 * 60,
  daysOfASession: 30,
  /** The others end by themselves. */
  shareSignedOut: 0.5,
} as const;

/** The steps of ten, in users. */
export const STEPS = [10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/**
 * The machines that the reckoning fills, and how much of each it uses at the busiest hour: enough is
 * left that the others carry a third that is lost.
 */
export const MACHINES = {
  used: 0.6,
  instanceCores: 2,
  database: { cores: 16, memoryGB: 64, walMBPerSecond: 200, connections: 500, secondsBetweenCheckpoints: 1_800 },
  /** One thread of Redis does all commands. */
  redis: { cores: 1, memoryGB: 32 },
} as const;
