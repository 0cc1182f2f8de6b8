// Lets a server of a test listen on a free port of loopback, until the test is over.
import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';

/** @returns its address */
export async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
