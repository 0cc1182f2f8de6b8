// The pages of docs/clients for browsers, run as they are written: plain HTML, React (by preact/compat) and Vue.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { register } from '../support/client.js';
import { freePort } from '../support/process.js';
import { type Service, startService } from '../support/service.js';
import { writtenSnippets } from '../support/snippets.js';

let browser: Browser;
let service: Service;
let [issuer, app] = ['', ''];
beforeAll(async () => {
  const [port, appPort] = [await freePort(), await freePort()];
  [issuer, app] = [`http://localhost:${port}`, `http://localhost:${appPort}`];
  service = await startService({ PORT: String(port), PUBLIC_URL: issuer, ALLOWED_ORIGINS: app });
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

/** What a page of the framework adds to the snippets. `#outside` was on the page before anybody knew who is there. */
const entries: Readonly<Record<string, { readonly html: string; readonly code?: string }>> = {
  html: {
    html: '<p id="who"></p><a id="sign-in" hidden>Sign in</a><button id="sign-out" hidden>Sign out</button>',
    code: `import './app.js';`,
  },
  react: {
    html: '<div id="root"></div>',
    code: `import { createRoot } from 'preact/compat/client';
      import { SignedIn } from './signed-in.js';
      import { useUser } from './use-user.js';
      import { auth } from './auth.js';
      const Who = () => <p id="who">{useUser()?.email}</p>;
      createRoot(document.getElementById('root')).render(
        <><Who /><SignedIn><button onClick={() => auth.signOut()}>Sign out</button></SignedIn></>);`,
  },
  vue: {
    html: '<p id="who"></p><div id="root"></div>',
    code: `import { effect } from 'vue';
      import { asked, user } from './App.vue.js';
      import { auth, signInPage } from './auth.js';
      const root = document.getElementById('root');
      effect(() => {
        document.getElementById('who').textContent = user.value?.email ?? '';
        root.innerHTML = user.value ? '<button>Sign out</button>'
          : asked.value === 'answered' ? '<a>Sign in</a>' : '';
        root.querySelector('a')?.setAttribute('href', signInPage());
        root.querySelector('button')?.addEventListener('click', () => auth.signOut());
      });`,
  },
};

async function serve(page: string): Promise<void> {
  const { html, code = '' } = entries[page] ?? { html: '' };
  const folder = writtenSnippets((text) => text.replaceAll('http://localhost:3000', issuer));
  writeFileSync(join(folder, page, 'entry.tsx'), code);
  const { outputFiles } = await build({
    entryPoints: [join(folder, page, 'entry.tsx')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    alias: {
      '@watchword/client': join(process.cwd(), 'packages/client/src/main.ts'),
      react: 'preact/compat',
      vue: '@vue/reactivity',
    },
  });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer(({ url }, response) => {
    const isScript = url === '/entry.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : `<!doctype html>${html}<script type="module" src="entry.js"></script>`);
  });
  await new Promise<void>((done) => server.listen(Number(new URL(app).port), '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
}

describe.each(['html', 'react', 'vue'])('the page for %s', (name) => {
  it('knows who is signed in, sends people to the sign-in, and follows what another tab does', async () => {
    await serve(name);
    const page = await pageOf(browser);
    await page.goto(app);
    const link = page.getByRole('link', { name: 'Sign in' });
    expect(await link.getAttribute('href')).toBe(
      `${issuer}/account/sign-in?return_to=${encodeURIComponent(`${app}/`)}`,
    );

    const person = await register(service.url);
    const signIn = () =>
      page.evaluate(
        ([url = '', body = '']) =>
          fetch(`${url}/auth/login`, {
            method: 'POST',
            credentials: 'include',
            headers: { 'content-type': 'application/json' },
            body,
          }).then(({ status }) => status),
        [issuer, JSON.stringify(person)],
      );
    expect(await signIn()).toBe(200);
    await page.reload();
    await page.locator('#who').getByText(person.email).waitFor();

    const second = await page.context().newPage();
    await second.goto(app);
    await second.getByRole('button', { name: 'Sign out' }).click();
    await link.waitFor({ timeout: 5_000 });
    expect(await page.locator('#who').innerText()).toBe('');
  });
});
