// Starts the account pages in the browser.
import { render } from 'preact';
import { pageNameIn } from '../../packages/contract/src/account-pages.js';
import { settings } from './settings.js';

const page = pageNameIn(location.pathname.slice('/account/'.length));

const root = document.querySelector('#app');
if (root)
  render(
    <main>
      <h1>{settings.name}</h1>
      <p>{page}</p>
    </main>,
    root,
  );
