import { defineConfig } from "vitest/config";

import { compressedAssets } from "./build/compressedAssets.ts";
import { snapshotTemplate } from "./build/snapshotTemplate.ts";

/** Where `npm run dev` finds a running page's server: dashboards, configuration and store. */
const server = process.env.MEPHISTO_METRICS_PAGE_URL ?? "http://127.0.0.1:3032";

export default defineConfig({
  base: "./",
  plugins: [snapshotTemplate(), compressedAssets()],
  build: {
    outDir: "../python/mephisto_metrics/web",
    emptyOutDir: true,
    // An asset as a data: address would break `script-src 'self'` and `font-src 'self'`.
    assetsInlineLimit: 0,
    // The preload helper is an inline script, and with a single chunk there is nothing to preload.
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/dashboards": server,
      "/config": server,
      "/api": server,
    },
  },
  test: {
    include: ["tests/**/*.test.ts"],
  },
});
