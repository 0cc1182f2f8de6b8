// Writes docs/verifiers.md from what a run has found.
import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { kinds, type WrongToken } from './tokens.js';
import type { ForeignVerifier } from './verifier.js';

export interface Findings {
  readonly verifier: ForeignVerifier;
  /** Of the wrong tokens, those that it accepts. */
  readonly accepted: readonly WrongToken[];
}

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const rule = (columns: number) => row(...Array.from({ length: columns }, () => '---'));

/** What a verifier does about `typ`: the lines of its file, without those that only speak of it. */
function typeLines(file: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const wanted = lines.filter((line) => /at\\?\+jwt|strict: true/.test(line) && !/^\s*(\/\/|#|""")/.test(line));
  return wanted.map((line) => `\`${line.trim()}\``).join(' ');
}

export async function pageOf(findings: readonly Findings[], wrong: readonly WrongToken[]): Promise<string> {
  const results = findings.map(({ verifier, accepted }) => {
    const cells = kinds.map((kind) => {
      const [all, passed] = [wrong, accepted].map((tokens) => tokens.filter((token) => token.kind === kind).length);
      return passed === 0 ? `${all} of ${all}` : `**${all! - passed!} of ${all}**`;
    });
    return row(verifier.language, verifier.name, verifier.version, 'yes', 'yes', ...cells);
  });
  const settings = findings.map(({ verifier: { name, file } }) =>
    row(`[${name}](../${file})`, typeLines(file) || 'does so by itself'),
  );
  const tokens = kinds.map((kind) => {
    const ofKind = wrong.filter((token) => token.kind === kind);
    return row(kind, String(ofKind.length), ofKind.map(({ what }) => what).join(' · '));
  });
  const page = `<!-- Made by npm run docs:verifiers from what a run of the tests has found. Do not edit. -->

# Verifiers that others wrote

${findings.length} verifiers of others were shown the access tokens of people and of services, and
${wrong.length} tokens that a service must refuse. Those of npm have the version of \`package-lock.json\`, the
others are Debian 12's. \`npm run test:interop\` repeats it and fails when this page no longer says
what it finds; \`npm run docs:verifiers\` writes the page.

## What they refuse

${[row('for', 'verifier', 'version', 'people', 'services', ...kinds), rule(5 + kinds.length), ...results].join('\n')}

"people" and "services": it accepts their tokens. The other columns: how many of the wrong tokens it
refuses.

${[row('column', 'tokens', 'each is a good token but for this'), rule(3), ...tokens].join('\n')}

Expired, foreign and wrongly typed tokens are signed with the issuer's own key, so that nothing but
the check in question can refuse them.

## The line that checks \`typ\`

Most libraries do not look at \`typ\` by themselves. Without the check, an access token is told from
another kind of token of the same issuer only by what its claims happen to be. The link leads to all
the settings that a verifier needs; the line is the one that checks \`typ\`.

${[row('verifier', 'line'), rule(2), ...settings].join('\n')}

## What to know

- nginx has no verifier of its own and HAProxy reads no key sets. [examples/](../examples/README.md)
  has the files to copy, and the test uses those files.
- Apache's modules cannot check \`typ\`. The line has Apache decode the header of the token; a token
  that it cannot decode is refused.
- golang-jwt, Authlib and Crypt::JWT fetch no key sets, and go-jose does not fetch again: a service
  fetches the set about once an hour. Keys are published a day before they sign.
- None of them learns of a logout before the token expires. \`@watchword/verifier\` does.
`;
  return format(page, { ...(await resolveConfig('docs/verifiers.md')), parser: 'markdown' });
}
