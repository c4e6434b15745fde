import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  base: '/dashboard/',
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: true,
    // A stylesheet with inlined fonts would load both alphabets' files for everybody.
    assetsInlineLimit: 0,
    // The page loads one module and one stylesheet, so nothing needs a hint, and hints would be set by script.
    modulePreload: { polyfill: false },
  },
  server: {
    port: 5173,
    proxy: {
      '/v1': 'http://localhost:8787',
      '/ws': { target: 'ws://localhost:8787', ws: true },
      '/oidc': 'http://localhost:8787',
    },
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
});
