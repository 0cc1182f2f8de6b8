// Starts the account pages: first the token leaves the address bar, then the texts are loaded.
import { render } from 'preact';
import { App } from './app.js';
import { startAuth } from './auth.js';
import { startLanguage } from './language.js';
import { startMailedToken } from './mailed-token.js';
import { startRouter } from './router.js';

startMailedToken();
startRouter();
startAuth();
await startLanguage();
const root = document.querySelector('#app');
if (root) render(<App />, root);
