// Reads the processor time of processes from the kernel. Neighbours change it far less than they change the time that passes.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ of Linux: /proc counts in hundredths of a second (proc(5)). */
const TICK_MS = 10;

function ticksOf(path) {
  // The name of a process may hold spaces and brackets; the fields after it are numbers.
  const fields = readFileSync(path, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const [own, ofEndedChildren] = [fields.slice(11, 13), fields.slice(13, 15)];
  const sum = (some) => some.reduce((total, field) => total + Number(field), 0);
  return { parent: Number(fields[1]), own: sum(own), all: sum(own) + sum(ofEndedChildren) };
}

/** @returns milliseconds of the process, of its children that live, and of those that ended */
export function processMs(pid) {
  const ticks = new Map();
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      ticks.set(Number(id), ticksOf(`/proc/${id}/stat`));
    } catch {
      // It ended meanwhile; its parent counts it.
    }
  }
  const children = [...ticks].filter(([, { parent }]) => parent === pid).map(([, { all }]) => all);
  return TICK_MS * children.reduce((total, all) => total + all, ticks.get(pid)?.all ?? 0);
}

/** @returns milliseconds of the first thread of a process: in Node the one of the event loop */
export const firstThreadMs = (pid) => TICK_MS * ticksOf(`/proc/${pid}/task/${pid}/stat`).own;
