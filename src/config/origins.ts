// Reads origins: our own, and those of pages and apps that may call the service.
import { format, Wrong } from './format.js';

/** Normalised as in the Origin header: lower case, no default port, no trailing slash. */
export const publicOrigin = format((text) => {
  const url = webOrigin(text);
  if (url instanceof Wrong) return url;
  if (url.pathname === '/' && !/[?#]/.test(text)) return url.origin;
  return new Wrong(
    'must be an origin such as https://auth.example.com: a path prefix is not supported ' +
      '(cookies are bound to paths), so give Watchword a host name of its own',
  );
});

/** Schemes whose cookies and storage are not bound to one app, or whose Origin header is `null`. */
const unfit = new Set(['about:', 'blob:', 'data:', 'file:', 'ftp:', 'javascript:', 'ws:', 'wss:']);

/** The origin of a page, or of a packaged app's web view (capacitor://localhost, chrome-extension://<id>). */
export const allowedOrigin = format((text) => {
  if (/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+$/.test(text) && !/^https?:/.test(text)) {
    const isFit = URL.canParse(text) && !unfit.has(new URL(text).protocol);
    return isFit ? text : new Wrong('must be origins of pages or packaged apps: this scheme has none');
  }
  const url = webOrigin(text);
  if (url instanceof Wrong) return url;
  const isOrigin = url.pathname === '/' && !/[?#]/.test(text);
  return isOrigin ? url.origin : new Wrong(NO_ORIGIN);
});

const NO_ORIGIN = 'must be an origin such as https://app.example.com, without a path or a wildcard';

function webOrigin(text: string): URL | Wrong {
  if (!/^https?:\/\/[^*\s\\]+$/i.test(text) || !URL.canParse(text)) return new Wrong(NO_ORIGIN);
  const url = new URL(text);
  return url.username === '' && url.password === '' ? url : new Wrong('must be an origin, without a user or password');
}
