// Reads the processor time of processes from the kernel. Neighbours change it far less than they change the time that passes.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ of Linux: /proc/PID/stat counts in hundredths of a second (proc(5)). */
const TICK_MS = 10;
const NS_PER_MS = 1e6;

function statOf(pid) {
  // The name of a process may hold spaces and brackets; the fields after it are numbers.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ms = (from) => TICK_MS * (Number(fields[from]) + Number(fields[from + 1]));
  return { parent: Number(fields[1]), own: ms(11), ofEndedChildren: ms(13) };
}

/** In nanoseconds, as the scheduler counts; a thread that ended is missing. */
function liveThreadsMs(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((total, thread) => total + threadMs(pid, thread), 0);
}

const threadMs = (pid, thread) =>
  Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]) / NS_PER_MS;

/**
 * Both counts are at most the true one. `stat` misses less than two ticks, the threads miss those that ended: the
 * larger is exact where no thread ended, and is two ticks too small at worst.
 */
function timesOf(pid) {
  const { parent, own, ofEndedChildren } = statOf(pid);
  return { parent, all: Math.max(own, liveThreadsMs(pid)) + ofEndedChildren };
}

/** @returns milliseconds of the process with its threads, of its children that live, and of those that ended */
export function processMs(pid) {
  const times = new Map();
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const { parent } = statOf(id);
      if (parent === pid || Number(id) === pid) times.set(Number(id), timesOf(id));
    } catch {
      // It ended meanwhile; its parent counts it.
    }
  }
  if (!times.has(pid)) throw new Error(`There is no process ${pid}.`);
  return [...times.values()].reduce((total, { all }) => total + all, 0);
}

/** @returns milliseconds of the first thread of a process: in Node the one of the event loop */
export const firstThreadMs = (pid) => threadMs(pid, pid);
