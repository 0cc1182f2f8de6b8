// How the account pages become static files: run by scripts/build-pages.mjs.
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/account/',
  appType: 'spa',
  publicDir: false,
  envDir: false,
  build: {
    target: 'es2022',
    // The policy allows scripts and styles from files only, and the polyfill is for browsers older than the target.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});
