// The pages for administrators in the states that people see them in. The service's answers are given here.
import type { Page, Route } from 'playwright-core';
import type { Scene } from './page-scenes.js';

const id = '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d';
const at = (time: string) => `2026-11-${time}:00Z`;
const user = (n: number, email: string, role = 'user', status = 'active') => ({
  ...{ id: `${id.slice(0, -1)}${n}`, email, emailVerified: status !== 'pending', role, status },
  ...{ createdAt: at(`1${n}T08:2${n}`), disabledAt: status === 'disabled' ? at('26T17:40') : null },
});
const users = [
  user(1, 'ada@example.com', 'admin'),
  user(2, 'charles@example.com', 'user', 'disabled'),
  user(3, 'grace@example.com', 'support'),
  user(4, 'katherine@example.com'),
  user(5, 'margaret@example.com', 'user', 'pending'),
];
const session = (n: number, userAgent: string) => ({
  ...{ id: `${id.slice(0, -1)}${n}`, createdAt: at('20T07:10'), lastSeenAt: at('27T08:15'), ip: `192.0.2.${n}` },
  ...{ userAgent, persistent: n === 2, transport: 'cookie', expiresAt: at('28T07:10') },
});
const sessions = [
  session(
    1,
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
  ),
  session(2, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'),
];
const event = (n: number, type: string, outcome: string, details: object) => ({
  ...{ id: `${id.slice(0, -1)}${n}`, at: at(`27T08:${50 - n}`), type, outcome, details },
  ...{ userId: users[2]?.id ?? null, sessionId: null, ip: '192.0.2.7', userAgent: null, requestId: 'r' },
});
const events = [
  event(1, 'role.changed', 'success', { from: 'user', to: 'support', reason: 'Joins the help desk' }),
  event(2, 'login.succeeded', 'success', { transport: 'cookie', methods: ['pwd', 'otp', 'mfa'] }),
  event(3, 'login.failed', 'failure', { reason: 'wrong_password' }),
];
const key = (kid: string, state: string, day: string) => ({
  ...{ kid, alg: 'RS256', bits: 3072, state, publishedAt: at(`${day}T03:00`) },
});

const answers: readonly (readonly [RegExp, object])[] = [
  [/\/admin\/users$/, { users }],
  [/\/sessions$/, { sessions }],
  [
    /\/admin\/users\/[^/]+$/,
    {
      ...users[2],
      ...{ sessions: sessions.length, hasPassword: true, recoveryCodesLeft: 9, identities: [] },
      factors: [{ kind: 'totp', id, name: null, createdAt: at('20T07:30') }],
    },
  ],
  [/\/admin\/events$/, { events }],
  [
    /\/admin\/keys$/,
    {
      keys: [key('2026-12-a4Qe', 'standby', '20'), key('2026-11-9ZkP', 'signing', '01')],
      nextRotationAt: '2026-12-01T03:00:00Z',
    },
  ],
  [
    /\/admin\/figures$/,
    {
      ...{ roles: ['user', 'support', 'admin'], users: 120_431, sessions: 40_112, mailWaiting: 2, mailDead: 1 },
      ...{ lastHour: { signIns: 812, refusals: 44, alerts: 0 }, alertsWaiting: 0 },
    },
  ],
];

/** The person is an administrator here. */
async function asAdministrator(route: Route): Promise<void> {
  const response = await route.fetch();
  await route.fulfill({ response, json: { ...((await response.json()) as object), role: 'admin' } });
}

async function answered(route: Route): Promise<void> {
  const { pathname } = new URL(route.request().url());
  const [, json] = answers.find(([path]) => path.test(pathname)) ?? [];
  if (!pathname.startsWith('/admin/') || json === undefined) return route.continue();
  return route.fulfill({ json, headers: { etag: '"1"' } });
}

async function shows(page: Page): Promise<void> {
  await page.route('**/auth/me', asAdministrator);
  await page.route('**/admin/**', answered);
  await page.reload();
  await page.locator('.rooms').waitFor();
  await page.locator('.loading').waitFor({ state: 'detached' });
}

const scene = (name: string, path: string): Scene => ({ name, path, isSignedIn: true, act: shows });

export const adminScenes: readonly Scene[] = [
  scene('admin', 'admin'),
  scene('admin-users', 'admin/users'),
  scene('admin-user', `admin/users/${id}`),
  scene('admin-events', 'admin/events'),
  scene('admin-keys', 'admin/keys'),
  {
    ...scene('admin-user-asked', `admin/users/${id}`),
    act: async (page) => {
      await shows(page);
      await page.locator('.acts .act').first().locator('button').click();
      await page.locator('.asked').waitFor();
    },
  },
];
