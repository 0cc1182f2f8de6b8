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

const isReady = await startLanguage().then(
  () => true,
  () => false,
);
const root = document.querySelector('#app');
if (isReady && root) render(<App />, root);
else setTimeout(loadAnew, PAUSE_MS);
