// The operator's command line. Starts, runs one command, ends: whatever is still open then must not keep it alive.
import 'reflect-metadata';
import { run } from './run.js';

const write = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`);
const program = process.argv[1]?.endsWith('start.cjs') ? 'npm run cli --' : 'node dist/bundle/cli.js';

// Whoever reads the output may stop early, as `head` does: the command goes on to its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const code = await run(process.argv.slice(2), { out: write(process.stdout), err: write(process.stderr) }, program);
// What was written last has left before we go, also into a pipe that is slow.
for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write('', done));
process.exit(code);
