// One person in one browser, as a script tells it: what they open, press and read. Every page that they see is searched for
// barriers.
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { barriersOn } from './browser.js';
import type { Hands } from './hands.js';
import { noteSecret } from './leaks.js';
import type { Run } from './process.js';
import { until } from './until.js';
import { watch, type Watched } from './watched-page.js';

export interface Circumstances {
  readonly hands: Hands;
  readonly options?: BrowserContextOptions;
  /** Makes the network of each page as bad as it is to be. */
  readonly spoil?: (page: Page) => Promise<void>;
}

export interface Somebody {
  readonly browser: Browser;
  readonly run: Run;
  readonly how: Circumstances;
}

/** As the person reads it in the address bar: cookies of `localhost` are not those of `127.0.0.1`. */
const addressOf = (run: Run) => run.url.replace('127.0.0.1', 'localhost');

/** Far more than a page takes, on a busy machine, too. */
const WAIT_MS = 20_000;

/** A tab of one person's browser. */
export class Tab {
  constructor(
    readonly page: Page,
    private readonly who: Somebody,
  ) {}

  async open(path: string): Promise<void> {
    await this.page.goto(new URL(path, addressOf(this.who.run)).href);
  }

  /** Waits for the page with this heading, and looks at it closely. */
  async see(heading: string): Promise<void> {
    await this.wait(this.heading(heading));
    const barriers = await barriersOn(this.page);
    const isWhole = await this.page.evaluate('document.documentElement.scrollWidth <= innerWidth');
    if (isWhole !== true) barriers.push('is wider than the screen');
    if (barriers.length > 0) throw new Error(`“${heading}”: ${barriers.join('; ')}`);
  }

  async read(text: string | RegExp): Promise<void> {
    await this.wait(this.page.getByText(text).first());
  }

  private async wait(target: Locator): Promise<void> {
    await target.waitFor({ timeout: WAIT_MS }).catch(this.explain);
  }

  /** A failure tells what the page says instead. */
  private readonly explain = async (cause: unknown): Promise<never> => {
    const shown = await this.page.locator('body').innerText();
    throw new Error(`${String(cause)}\nThe page ${this.page.url()} says:\n${shown}`, { cause });
  };

  write(label: string, text: string): Promise<void> {
    if (/password/i.test(label)) noteSecret(text, 'a password');
    return this.who.how.hands.write(this.page.getByLabel(label, { exact: true }), text);
  }

  press(name: string | RegExp, role: 'button' | 'link' | 'checkbox' = 'button'): Promise<void> {
    return this.who.how.hands.press(this.named(name, role));
  }

  named(name: string | RegExp, role: 'button' | 'link' | 'checkbox' = 'button'): Locator {
    return this.page.getByRole(role, { name, ...(typeof name === 'string' ? { exact: true } : {}) });
  }

  /**
   * Presses the button until what it promises has happened: where a request is lost, the page says so, and the person
   * presses again unless the page tries by itself.
   */
  async bringAbout(name: string | RegExp, outcome: Locator): Promise<void> {
    const button = this.named(name);
    await this.who.how.hands.press(button);
    const hasWorked = async () => {
      if (await outcome.isVisible()) return true;
      const hasFailed = await this.page.getByRole('alert').filter({ hasText: /./ }).isVisible();
      const canPress =
        hasFailed && (await button.isEnabled()) && (await button.getAttribute('aria-disabled')) !== 'true';
      if (canPress) await this.who.how.hands.press(button);
      return false;
    };
    await until(`“${String(name)}” has worked`, hasWorked, 2 * WAIT_MS).catch(this.explain);
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { level: 1, name, exact: true });
  }
}

/** A browser of one person: its tabs share cookies. */
export async function browserOf(who: Somebody): Promise<{ tab(): Promise<Tab>; watched: Watched }> {
  const context = await who.browser.newContext({ locale: 'en-GB', ...who.how.options });
  onTestFinished(() => context.close());
  const watched = await watch(context, addressOf(who.run));
  return {
    watched,
    async tab() {
      const page = await context.newPage();
      await who.how.spoil?.(page);
      return new Tab(page, who);
    },
  };
}

/** The link of the newest mail of this kind in the log of the service, waited for. */
export async function mailedLink(run: Run, kind: string, to: string): Promise<string> {
  const texts = () =>
    run
      .events('mail.printed')
      .filter((mail) => mail['kind'] === kind && mail['to'] === to)
      .map((mail) => String(mail['text']));
  await until(`a mail ${kind} to ${to} is printed`, () => texts().length > 0);
  return /https?:\/\/\S+#token=\S+/.exec(texts().at(-1) ?? '')?.[0] ?? '';
}
