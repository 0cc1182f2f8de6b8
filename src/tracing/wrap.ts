// Puts something around a method of one object, for as long as the process runs. The classes know nothing of it: while
// tracing is off, nothing of it is there.

/** @param around receives the method, bound, and returns what takes its place */
export function wrap<T extends object, K extends keyof T>(target: T, name: K, around: (act: T[K]) => T[K]): void {
  const act = target[name];
  if (typeof act !== 'function') throw new Error(`${String(name)} is no method.`);
  target[name] = around(act.bind(target) as T[K]);
}
