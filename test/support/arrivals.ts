// Waits until the service has begun with certain requests, by the events of its HTTP server. A later request is
// answered after they have proceeded as far as they can without waiting.
import type { Server } from 'node:http';
import { call } from './client.js';
import type { Service } from './service.js';

/** @param begin sends this many requests; its result is returned once they have all begun */
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
