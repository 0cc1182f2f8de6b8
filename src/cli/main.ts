// The operator's command line: runs one command, then exits even if a connection is still open.
import 'reflect-metadata';
import { run } from './run.js';

const write = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`);
const program = process.argv[1]?.endsWith('start.cjs') ? 'npm run cli --' : 'node dist/bundle/cli.js';

// A reader such as `head` may close the output early: the command still runs to its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const code = await run(process.argv.slice(2), { out: write(process.stdout), err: write(process.stderr) }, program);
// Wait until the output is written, even into a slow pipe.
for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write('', done));
process.exit(code);
