// `npm start` and `npm run cli`: build if needed, then become the program. CommonJS, because the thread pool's size must be
// set before anything uses it: signing (jose) and password hashing (argon2) share it.
process.env.UV_THREADPOOL_SIZE ??= '8';
const program = process.argv[2] === 'cli' ? 'cli.js' : 'main.js';
process.argv.splice(2, process.argv[2] === 'cli' ? 1 : 0);

import('./build.mjs')
  .then(({ buildIfStale }) => buildIfStale())
  .then(() => import(`../dist/bundle/${program}`))
  .catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
  });
