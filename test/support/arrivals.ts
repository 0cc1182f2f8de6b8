// Has the service begun with these requests? Its HTTP server says when they have come, and whatever is asked afterwards is
// answered after they have gone as far as they can without waiting.
import type { Server } from 'node:http';
import { call } from './client.js';
import type { Service } from './service.js';

/** @param begin sends so many requests; what it returns is returned, once they have all begun */
export async function begun<T>({ app, url }: Service, count: number, begin: () => Promise<T>[]): Promise<Promise<T>[]> {
  const server: Server = app.getHttpServer();
  let left = count;
  let give = () => {};
  const haveCome = new Promise<void>((done) => (give = done));
  const onRequest = () => {
    if (--left === 0) give();
  };
  server.on('request', onRequest);
  const answers = begin();
  await Promise.race([haveCome, Promise.all(answers)]);
  server.off('request', onRequest);
  await call(url, 'GET', '/health/live');
  return answers;
}
