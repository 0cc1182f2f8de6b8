// How the account pages become static files: run by scripts/build-pages.mjs.
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/account/',
  appType: 'spa',
  publicDir: false,
  envDir: false,
  build: {
    target: 'es2022',
    // A page loads one file and one language: there is nothing to load ahead.
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What only administrators load is told apart by its name (scripts/page-size.mjs).
    rolldownOptions: {
      output: {
        chunkFileNames: ({ facadeModuleId }) =>
          `assets/${/[\\/]admin[\\/]/.test(facadeModuleId ?? '') ? 'admin-' : ''}[name]-[hash].js`,
      },
    },
  },
});
