// A process of many followers: `node many-followers.mjs PORT COUNT ETAG`. Each asks again after a 304. It prints how many
// have received the news.
import { connect } from 'node:net';

const [port, count, etag] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
const NETWORKS = 5; // a network has a quarter of the places at most
const question = `GET /.well-known/revocations?wait=20 HTTP/1.1\r\nHost: auth.test\r\nIf-None-Match: ${etag}\r\n\r\n`;
const seen = { news: 0, confirmed: 0, others: 0, etags: new Set() };

function follow(n) {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (n % NETWORKS)}` });
  const ask = () => socket.write(question);
  socket.on('connect', ask);
  // As every follower does where the service is too busy to take or to answer it.
  socket.on('error', () => setTimeout(follow, 1_000, n));
  socket.on('data', (chunk) => {
    const text = chunk.toString('latin1');
    const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
    if (status === '304') {
      seen.confirmed += 1;
      ask();
    } else if (status === '200') {
      seen.news += 1;
      seen.etags.add(/^etag: (.*)$/im.exec(text)?.[1]);
    } else if (status === '503') setTimeout(ask, 1_000);
    else if (status) seen.others += 1;
  });
}

for (let n = 0; n < count; n++) {
  follow(n);
  if (n % 500 === 499) await new Promise((later) => setTimeout(later, 50)); // the backlog of a listening socket is 511
}
process.on('message', () => process.send({ ...seen, etags: [...seen.etags] }));
