// A process of many followers: `node many-followers.mjs PORT COUNT ETAG`. Each asks again after a 304. It prints how many
// have received the news.
import { connect } from 'node:net';

const [port, count, etag] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const NETWORKS = 5; // a network has a quarter of the places at most
const question = `GET /.well-known/revocations?wait=20 HTTP/1.1\r\nHost: auth.test\r\nIf-None-Match: ${etag}\r\n\r\n`;
const seen = { news: 0, confirmed: 0, others: 0, etags: new Set() };

for (let n = 0; n < count; n++) {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (n % NETWORKS)}` });
  socket.on('connect', () => socket.write(question));
  socket.on('error', () => (seen.others += 1));
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
    if (status === '304') {
      seen.confirmed += 1;
      socket.write(question);
    } else if (status === '200') {
      seen.news += 1;
      seen.etags.add(/^etag: (.*)$/im.exec(text)?.[1]);
    } else if (status) seen.others += 1;
  });
  if (n % 500 === 499) await new Promise((later) => setTimeout(later, 50)); // the backlog of a listening socket is 511
}
process.on('message', () => process.send({ ...seen, etags: [...seen.etags] }));
