// Keeps one core busy, at the usual priority. Usage: node neighbour-process.mjs <seconds>; it ends by itself after these.
const until = performance.now() + Number(process.argv[2]) * 1_000;
while (performance.now() < until);
