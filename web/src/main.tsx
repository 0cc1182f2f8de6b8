// Starts the account pages: first what is meant for the page leaves the address bar, then the texts are loaded.
import { render } from 'preact';
import { App } from './app.js';
import { startAuth } from './auth.js';
import { startLanguage } from './language.js';
import { loadAnew, startMailedToken } from './mailed-token.js';
import { startRouter } from './router.js';
import { startAnswer } from './upstream/answer.js';

startMailedToken();
startAnswer();
startRouter();
startAuth();

/** A page whose texts were lost on the way says nothing: it is loaded again. */
const PAUSE_MS = 2000;

// Without `await` at the top the bundler keeps all that everybody needs in one file.
startLanguage().then(
  () => render(<App />, document.querySelector('#app') ?? document.body),
  () => setTimeout(loadAnew, PAUSE_MS),
);
