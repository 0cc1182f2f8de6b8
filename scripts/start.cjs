// `npm start` and `npm run cli`: builds if needed, then becomes the program.
const program = process.argv[2] === 'cli' ? 'cli.js' : 'main.js';
process.argv.splice(2, process.argv[2] === 'cli' ? 1 : 0);

/** Runs the build and then the program. An expected error of the build is a sentence, without a stack. */
async function run() {
  const { buildIfStale } = await import('./build.mjs');
  try {
    buildIfStale();
  } catch (error) {
    process.stderr.write(`Watchword cannot start. ${error.message}\n`);
    process.exit(1);
  }
  await import(`../dist/bundle/${program}`);
}

run().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
