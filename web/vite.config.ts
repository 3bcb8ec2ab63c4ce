// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vite';

// `npm run dev` serves the page with a hub on its usual port behind it.
const hub = { target: 'http://127.0.0.1:8080' };

export default defineConfig({
    base: './', // wherever the hub is served from, ROOST_BASE_PATH included
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: { target: 'es2022', assetsInlineLimit: 0 },
    server: { proxy: { '/api': hub, '/health': hub } },
});
