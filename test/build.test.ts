// The build produces the same program in fewer files.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkout, command } from './support/process.js';

it('the build keeps non-ASCII characters in strings, regular expressions and raw templates', async () => {
  const folder = checkout('sources');
  const main = join(folder, 'src/main.ts');
  const probe = "process.stdout.write(`${/^[€ü]$/u.test('€')} ${String.raw`ü€😀`} ${'ü€😀'} ${'ü€😀'.length}\\n`);";
  writeFileSync(main, `${readFileSync(main, 'utf8')}\n${probe}\nprocess.exit();\n`);
  const { output } = await command(folder, []);
  expect(output).toContain('true ü€😀 ü€😀 4\n');
}, 120_000);

// V8 stores a source with one character beyond Latin-1 in two bytes each: 3.7 MB more for the two largest files.
it('the bundle is plain ASCII: write other characters of regular expressions as \\u escapes', () => {
  const files = readdirSync('dist/bundle').filter((name) => name.endsWith('.js'));
  const others = files.flatMap((name) => [...readFileSync(join('dist/bundle', name)).filter((byte) => byte > 0x7f)]);
  expect(files).toContain('main.js');
  expect(others).toEqual([]);
});
