// Reads origins: our own, and those of the pages and apps that may call us.
import { format, Wrong } from './format.js';

/** As browsers write it in the Origin header: lower case, no default port, no trailing slash. */
export const publicOrigin = format((text) => {
  const url = webOrigin(text);
  if (url instanceof Wrong) return url;
  if (url.pathname === '/' && !/[?#]/.test(text)) return url.origin;
  return new Wrong(
    'must be an origin such as https://auth.example.com: a path prefix is not supported ' +
      '(cookies are bound to paths), so give Watchword a host name of its own',
  );
});

/** Their cookies and storage belong to no one app, or their Origin header is `null`. */
const unfit = new Set(['about:', 'blob:', 'data:', 'file:', 'ftp:', 'javascript:', 'ws:', 'wss:']);

/** A page's origin, or a packaged app's as its web view sends it (capacitor://localhost, chrome-extension://<id>). */
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
