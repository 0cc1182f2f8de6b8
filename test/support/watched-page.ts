// Watches what the pages of a browser do behind the back of their reader: requests to other hosts, and violations of the CSP.
import type { BrowserContext } from 'playwright-core';

export interface Watched {
  /** What must not happen (C9), in words. */
  readonly troubles: readonly string[];
}

/** @param origin the only one that the pages may talk to */
export async function watch(context: BrowserContext, origin: string): Promise<Watched> {
  const troubles: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    const isOwn = url.origin === origin || url.protocol === 'data:' || url.protocol === 'blob:';
    if (!isOwn) troubles.push(`a request to ${url.origin}`);
  });
  context.on('console', (message) => {
    const text = message.text();
    if (/content security policy|trusted ?types|refused to/i.test(text)) troubles.push(text);
  });
  context.on('weberror', (error) => void troubles.push(`an error that nobody caught: ${error.error().message}`));
  await context.exposeFunction('noteViolation', (text: string) => void troubles.push(text));
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    window.noteViolation('a violation of ' + event.violatedDirective + ' by ' + event.blockedURI));`);
  return { troubles };
}
