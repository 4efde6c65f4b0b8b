// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

export default defineConfig({
    // The build fills these in.
    define: { MORE_URL: '"./src/more.ts"', LANG_URLS: "{}" },
    test: { environment: "happy-dom", include: ["src/**/*.test.ts"], testTimeout: 10_000 },
});
