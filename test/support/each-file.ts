// Runs before each file of tests, in the process that it shares with others.
import { forgetSecrets } from './leaks.js';

forgetSecrets();
