// Reads the resident memory of a process from the kernel, in MB of a million bytes.
import { readFileSync } from 'node:fs';

export function residentMB(pid) {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (!kibibytes) throw new Error(`The memory of process ${pid} cannot be read.`);
  return (Number(kibibytes) * 1_024) / 1_000_000;
}

/** @returns [{ at, mb }] sampled every second while `work` runs; `at` in seconds */
export async function sampled(pid, work) {
  const samples = [];
  const started = performance.now();
  const take = () => samples.push({ at: (performance.now() - started) / 1_000, mb: residentMB(pid) });
  const timer = setInterval(take, 1_000);
  await work.finally(() => clearInterval(timer));
  return samples;
}

/** @returns MB a minute, by least squares */
export function slopeOf(samples) {
  const mean = (of) => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [at, mb] = [mean((sample) => sample.at), mean((sample) => sample.mb)];
  const covariance = mean((sample) => (sample.at - at) * (sample.mb - mb));
  return (60 * covariance) / mean((sample) => (sample.at - at) ** 2);
}
