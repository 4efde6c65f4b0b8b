// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';

const path = (p: string) => fileURLToPath(new URL(p, import.meta.url));
const target = process.env.ZHIXIN_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
    plugins: [vue()],
    resolve: { alias: { '@': path('./src'), '@shared': path('../shared') } },
    define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
    build: {
        target: 'es2022',
        // A data: URL would be allowed by the policy for images only; hashed files are simpler to reason about.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        manifest: 'assets/manifest.json',
    },
    server: {
        fs: { allow: [path('..')] },
        proxy: { '/api': { target, ws: true }, '/widget': target, '/demo': target },
    },
    test: { environment: 'happy-dom', include: ['src/**/*.test.ts'], maxWorkers: 2 },
});
