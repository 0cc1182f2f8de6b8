// Whose account it is: people whom a provider knows and we do not, and addresses that somebody has already.
import { expect, it, onTestFinished } from 'vitest';
import { call, somebody } from './support/client.js';
import { type Service, startServiceForTest } from './support/service.js';
import { openUpstream, subjectOf } from './support/upstream-provider.js';
import { callbackOf, startWithUpstream, UpstreamBrowser, withProviders } from './support/upstream-way.js';

const signsUp = { allowSignUp: true };
const usersWith = (service: Service, email: string) =>
  service.query<{ id: string; role: string; password_hash: string | null; email_verified_at: Date | null }>(
    'SELECT * FROM users WHERE email = $1',
    [email],
  );
const identitiesOf = (service: Service, subject: string) =>
  service.query<{ user_id: string; email_seen: string | null }>(
    'SELECT * FROM upstream_identities WHERE subject = $1',
    [subjectOf(subject)],
  );
const landing = (answer: { headers: Record<string, unknown> }) => String(answer.headers['location']);

it('somebody new gets an account where the provider may sign people up: no password, no role, no verified address', async () => {
  const { service, upstream } = await startWithUpstream({ entry: signsUp });
  upstream.people.set('ada', { email: ' Ada@Example.com', email_verified: true });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada'))).toBe('http://auth.test/account');
  const { json } = await browser.go('GET', '/auth/me');
  expect(json).toMatchObject({ email: 'ada@example.com', role: 'user', emailVerified: false });
  expect(await usersWith(service, 'ada@example.com')).toMatchObject([{ password_hash: null, email_verified_at: null }]);
  const events = await service.query(`SELECT type, details FROM audit_events WHERE user_id = $1 ORDER BY id`, [
    json['id'],
  ]);
  expect(events.slice(0, 2)).toEqual([
    { type: 'user.registered', details: {} },
    { type: 'identity.linked', details: { provider: 'authentik' } },
  ]);
  // The second time it is the same account.
  expect(landing(await new UpstreamBrowser(service.url).signIn('ada'))).toBe('http://auth.test/account');
  expect(await identitiesOf(service, 'ada')).toHaveLength(1);
});

it('the address is verified only if the provider says so and is trusted with it', async () => {
  for (const [trustEmailVerified, claimed, isVerified] of [
    [true, true, true],
    [true, false, false],
    [false, true, false],
  ] as const) {
    const { service, upstream } = await startWithUpstream({ entry: { ...signsUp, trustEmailVerified } });
    upstream.people.set('ada', { email: 'ada@example.com', email_verified: claimed });
    const browser = new UpstreamBrowser(service.url);
    await browser.signIn('ada');
    expect([trustEmailVerified, claimed, (await browser.go('GET', '/auth/me')).json['emailVerified']]).toEqual([
      trustEmailVerified,
      claimed,
      isVerified,
    ]);
  }
});

it('somebody new gets none where the provider may not, and the log says why', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada'))).toContain('/account/sign-in?upstream=authentik&error=upstream_declined');
  expect(await usersWith(service, 'ada@example.com')).toEqual([]);
  expect(JSON.stringify(service.log)).toContain('allowSignUp of the provider is off');
});

it.each([
  ['none', undefined, 'the scope email is missing'],
  ['no address', 'ada at example', 'cannot be used'],
  ['an address of more than 254 characters', `${'a'.repeat(250)}@example.com`, 'cannot be used'],
])('an answer with %s as address makes no account, and the log says so without the address', async (_, email, why) => {
  const { service, upstream } = await startWithUpstream({ entry: signsUp });
  upstream.people.set('ada', { email } as never);
  const browser = new UpstreamBrowser(service.url);
  expect(landing(await browser.signIn('ada'))).toContain('error=upstream_declined');
  expect(await service.query('SELECT id FROM users')).toEqual([]);
  expect(JSON.stringify(service.log)).toContain(why);
  expect(JSON.stringify(service.log)).not.toContain(email ?? 'ada at');
});

it('U5: 20 parallel callbacks of a new person make one account, whatever address each of them names', async () => {
  const { service, upstream } = await startWithUpstream({ entry: signsUp });
  const arrivals: { browser: UpstreamBrowser; back: string }[] = [];
  let asked = 0;
  upstream.people.set('ada', {
    get email() {
      return `ada${asked++ % 3}@example.com`;
    },
  });
  for (let each = 0; each < 20; each++) {
    const browser = new UpstreamBrowser(service.url);
    arrivals.push({ browser, back: await browser.atProvider(await browser.begin(), 'ada') });
  }
  const answers = await Promise.all(arrivals.map(({ browser, back }) => browser.navigate(back)));
  expect(answers.map(landing)).toEqual(answers.map(() => 'http://auth.test/account'));
  expect(await identitiesOf(service, 'ada')).toHaveLength(1);
  expect(await service.query('SELECT id FROM users')).toHaveLength(1);
  const people = await Promise.all(arrivals.map(({ browser }) => browser.go('GET', '/auth/me')));
  expect(new Set(people.map(({ json }) => json['id'])).size).toBe(1);
});

it('U5: a registration, two providers and one address at once make one account, and nobody is in an account of another', async () => {
  const [one, two] = [await openUpstream([callbackOf('one')]), await openUpstream([callbackOf('two')])];
  for (const each of [one, two]) onTestFinished(() => each.close());
  const entries = Object.entries({ one, two }).map(([id, { entry }]) => ({ ...entry, ...signsUp, id }));
  const service = await withProviders(entries, (known) => startServiceForTest(known));
  for (let round = 0; round < 8; round++) {
    const person = somebody();
    const arrivals = [];
    for (const [id, { people }] of Object.entries({ one, two })) {
      people.set(`ada${round}`, { email: person.email });
      const browser = new UpstreamBrowser(service.url, id);
      arrivals.push({ browser, back: await browser.atProvider(await browser.begin(), `ada${round}`) });
    }
    const [registered, ...answers] = await Promise.all([
      call(service.url, 'POST', '/auth/register', { body: person }),
      ...arrivals.map(({ browser, back }) => browser.navigate(back)),
    ]);
    const outcomes = [registered.status === 201, ...answers.map((answer) => landing(answer).endsWith('/account'))];
    expect([round, outcomes.filter(Boolean)]).toEqual([round, [true]]);
    expect(await usersWith(service, person.email)).toHaveLength(1);
  }
});

it.each([
  ['control characters', 'ada\u0000@example.com'],
  ['a hundred thousand characters', `${'a'.repeat(100_000)}@example.com`],
])('an address with %s keeps nobody out whom we know, and is not kept', async (_, email) => {
  const { service, upstream } = await startWithUpstream({ entry: signsUp });
  upstream.people.set('ada', { email: 'ada@example.com' });
  await new UpstreamBrowser(service.url).signIn('ada');
  upstream.people.set('ada', { email });
  expect(landing(await new UpstreamBrowser(service.url).signIn('ada'))).toBe('http://auth.test/account');
  expect(await identitiesOf(service, 'ada')).toMatchObject([{ email_seen: 'ada@example.com' }]);
  upstream.people.set('eve', { email });
  expect(landing(await new UpstreamBrowser(service.url).signIn('eve'))).toContain('error=upstream_declined');
});
