// Our own client under the kit: packages/client with a file for its storage. With --bound its
// sessions are bound to a key.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bound } from '../../packages/client/src/bound.js';
import { type Client, createClient, Refused } from '../../packages/client/src/main.js';
import { fileStorage } from '../../packages/client/src/node.js';
import type { Command, Reply } from '../kit/protocol.js';
import { fileKeys } from './file-keys.js';

let auth: Client | undefined;
let offsetMs = 0;

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

function start({ issuer, storage, transport }: Command & { do: 'start' }): Answer {
  if (transport !== 'bearer') return { error: 'unsupported' }; // cookies are kept by browsers
  const clock = { now: () => Date.now() + offsetMs };
  const options = { issuer, transport, storage: fileStorage(join(storage, 'tokens.json')), clock };
  const isBound = process.argv.includes('--bound');
  auth = createClient(isBound ? bound({ ...options, keys: fileKeys(join(storage, 'key.pem')) }) : options);
  auth.subscribe(({ type, code }) => say({ event: type, code }));
  return { ok: true };
}

type Answer = Omit<Reply, 'id'>;

async function act(command: Command): Promise<Answer> {
  if (command.do === 'start') return start(command);
  if (command.do === 'time') {
    offsetMs = command.offsetSeconds * 1000;
    return { ok: true };
  }
  if (!auth) return { error: 'not started' };
  if (command.do === 'call') {
    const response = await auth.fetch('url' in command ? command.url : command.path);
    await response.arrayBuffer();
    return { status: response.status };
  }
  if (command.do === 'sign-in') await auth.signIn({ email: command.email, password: command.password });
  else await auth.signOut();
  return { ok: true };
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, ...command } = JSON.parse(line) as Command & { id: number };
    act(command).then(
      (answer) => say({ id, ...answer }),
      (error: Error) =>
        say({ id, ...(error instanceof Refused ? { status: error.status } : { error: error.message }) }),
    );
  })
  .on('close', () => process.exit());
