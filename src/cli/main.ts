// The operator's command line: runs one command, then exits even if a connection is still open.
import '../config/thread-pool.js';
import 'reflect-metadata';
import { run } from './run.js';

const write = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`);
const program = process.argv[1]?.endsWith('start.cjs') ? 'npm run cli --' : 'node dist/bundle/cli.js';

/** @throws Error if the reader has closed the output */
const writeOut = (text: string) =>
  new Promise<void>((done, fail) => process.stdout.write(text, (error) => (error ? fail(error) : done())));

// A reader such as `head` may close the output early: the command still runs to its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const output = { out: write(process.stdout), err: write(process.stderr), write: writeOut };
const code = await run(process.argv.slice(2), output, program);
// Wait until the output is written, even into a slow pipe.
for (const stream of [process.stdout, process.stderr]) await new Promise((done) => stream.write('', done));
process.exit(code);
