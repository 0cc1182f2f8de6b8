// Every regular expression of the source is analysed for inputs that make it slow: by its structure, not by a clock.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSync } from 'recheck';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { PARAMETERS } from '../src/credentials/password/forms/stored-hash.js';

/** Quadratic or worse for some text, which cannot come, or not at a length that matters. */
const bounded: Record<string, string> = {
  [String.raw`/[\r\n]+$/`]: 'a setting of the operator',
  [String.raw`/^https?:\/\/[^?#@]+\/v1\/[^?#@]+\/data\/[^?#@]+$/`]: 'a setting of the operator',
  [String.raw`/\/+$/`]: 'a setting of the operator',
  [String.raw`/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|([{}[\]])/g`]:
    'runs over JSON that JSON.parse has accepted: every string ends, so no start is tried in vain',
  [String.raw`/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu`]: 'a password, which has at most 128 characters by then',
};

/** A busy machine must not turn a limit of time into a verdict: those of the steps remain. */
const untimed = { timeout: null, attackTimeout: null, incubationTimeout: null, seedingTimeout: null };

it('no regular expression takes longer than its input for any text that can reach it (ASVS 1.3.12)', () => {
  const found = patterns();
  expect(found.length).toBeGreaterThan(50);
  const slow = new Set<string>();
  for (const { place, text, source, flags } of found) {
    const { status } = checkSync(source, flags, untimed);
    expect(status, `${place} ${text}`).not.toBe('unknown');
    if (status === 'vulnerable') slow.add(text);
  }
  expect([...slow].toSorted()).toEqual(Object.keys(bounded).toSorted());
}, 120_000);

it('the analysis finds the pattern that once held a form up for seconds', () => {
  expect(checkSync(String.raw`eyJ[\w-]+\.eyJ`, 'i').status).toBe('vulnerable');
});

/** Literals; what `new RegExp` builds is listed by hand. */
function patterns() {
  // src/tokens/access-token.ts
  const segment = String.raw`(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?`;
  const source = String.raw`^${segment}\.${segment}\.${segment}$`;
  // src/credentials/password/forms/: the beginning of each form is a branch of PARAMETERS
  const found = [source, PARAMETERS].map((each) => ({ place: 'built', text: each, source: each, flags: '' }));
  const built: string[] = [];
  for (const name of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isNewExpression(node) && node.expression.getText() === 'RegExp') built.push(name);
      if (ts.isRegularExpressionLiteral(node)) {
        const end = node.text.lastIndexOf('/');
        const parts = { source: node.text.slice(1, end), flags: node.text.slice(end + 1) };
        found.push({ place: name, text: node.text, ...parts });
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(name, readFileSync(join('src', name), 'utf8'), ts.ScriptTarget.Latest, true));
  }
  expect(built.toSorted()).toEqual([
    'credentials/password/forms/argon2-form.ts',
    'credentials/password/forms/stored-hash.ts',
    'tokens/access-token.ts',
  ]);
  return found;
}
