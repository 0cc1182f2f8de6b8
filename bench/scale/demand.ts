// Reckons what a number of users asks of the machines, from what one operation costs.
import type { Cost, Measured } from './measured.js';
import { MACHINES, POPULATION } from './population.js';

const PAGE_BYTES = 8_192;
const GB = 1_000_000_000;

export interface Demand {
  readonly users: number;
  readonly sessions: number;
  readonly refreshes: number;
  readonly checks: number;
  readonly signIns: number;
  readonly serviceCores: number;
  readonly databaseCores: number;
  readonly redisCores: number;
  readonly walMBPerSecond: number;
  /** Of a refresh: how often it is the first change of its page since the last checkpoint. */
  readonly pageImageShare: number;
  readonly storedGB: number;
  /** Pages that are read and written again and again: they must be in memory. */
  readonly hotGB: number;
  readonly verdictsGB: number;
  readonly instances: number;
  readonly connections: number;
  readonly databases: number;
}

export function demandOf(users: number, measured: Measured): Demand {
  const { sessionsPerUser, onlineShare, secondsBetweenRefreshes, secondsBetweenChecks } = POPULATION;
  const sessions = users * sessionsPerUser;
  const online = sessions * onlineShare;
  const signIns = sessions / (POPULATION.daysOfASession * 86_400);
  const rates: readonly (readonly [number, Cost])[] = [
    [online / secondsBetweenRefreshes, measured.refresh],
    // A verdict is kept for less than the time between two checks of one session.
    [online / secondsBetweenChecks, coldCheckOf(measured)],
    [signIns, measured.signIn],
    [signIns * POPULATION.shareSignedOut, measured.logout],
  ];
  const sum = (of: (cost: Cost) => number) => rates.reduce((total, [rate, cost]) => total + rate * of(cost), 0);
  const refreshes = online / secondsBetweenRefreshes;
  const share = pageImageShare(measured);
  const serviceCores = sum(({ serviceMs }) => serviceMs) / 1_000;
  const loopCores = sum(({ loopMs }) => loopMs) / 1_000;
  // Each instance has one event loop, however many cores it has.
  const instances = atLeastTwo(Math.max(serviceCores / MACHINES.instanceCores, loopCores) / MACHINES.used);
  const demand = {
    users,
    sessions,
    refreshes,
    checks: online / secondsBetweenChecks,
    signIns,
    serviceCores,
    databaseCores: sum(({ postgresMs }) => postgresMs) / 1_000,
    redisCores: sum(({ redisMs }) => redisMs) / 1_000,
    walMBPerSecond: (sum(({ walBytes }) => walBytes) + refreshes * share * measured.pageImageBytes) / 1_000_000,
    pageImageShare: share,
    storedGB: (sessions * (measured.tableBytes + measured.indexBytes)) / GB,
    hotGB: (sessions * (hotPagesShare(measured) * measured.tableBytes + measured.indexBytes)) / GB,
    verdictsGB: (online * measured.verdictBytes) / GB,
    instances,
    connections: instances * CONNECTIONS_OF_AN_INSTANCE,
  };
  return { ...demand, databases: databasesFor(demand) };
}

/** The default of DATABASE_POOL_SIZE. */
const CONNECTIONS_OF_AN_INSTANCE = 10;
const atLeastTwo = (wanted: number) => Math.max(2, Math.ceil(wanted));

/** It asks the database as one without Redis does, and Redis three times: look, take the lease, fill. */
const coldCheckOf = ({ check, coldCheck }: Measured): Cost => ({ ...coldCheck, redisMs: 3 * check.redisMs });

const rowsPerPage = ({ tableBytes }: Measured) => Math.max(1, PAGE_BYTES / tableBytes);

/** Sessions in use lie anywhere: a page is hot when one of its rows is. */
const hotPagesShare = (measured: Measured) => 1 - (1 - POPULATION.onlineShare) ** rowsPerPage(measured);

/**
 * A page is changed λT times between two checkpoints; the first change writes the whole page to the
 * WAL (full_page_writes), and 1 − e^(−λT) of the pages are changed at all.
 */
function pageImageShare(measured: Measured): number {
  const changes = (rowsPerPage(measured) * POPULATION.onlineShare) / POPULATION.secondsBetweenRefreshes;
  const between = changes * MACHINES.database.secondsBetweenCheckpoints;
  return (1 - Math.exp(-between)) / between;
}

/** How much of one machine each part asks for; over 1 there must be more than one. */
export function sharesOfOneMachine(demand: Omit<Demand, 'databases'>): Readonly<Record<string, number>> {
  const { used, database, redis } = MACHINES;
  return {
    'processors of the database': demand.databaseCores / (used * database.cores),
    'WAL of the database': demand.walMBPerSecond / (used * database.walMBPerSecond),
    'memory of the database': demand.hotGB / (used * database.memoryGB),
    'connections of the database': demand.connections / database.connections,
    'the one thread of Redis': demand.redisCores / (used * redis.cores),
    'memory of Redis': demand.verdictsGB / (used * redis.memoryGB),
  };
}

const OF_THE_DATABASE = ['processors of the database', 'WAL of the database', 'memory of the database'];

/** Shards: of these each takes its part. Connections are the pooler's business. */
function databasesFor(demand: Omit<Demand, 'databases'>): number {
  const shares = sharesOfOneMachine(demand);
  return Math.ceil(Math.max(...OF_THE_DATABASE.map((part) => shares[part] ?? 0)));
}
