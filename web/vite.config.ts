import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  // The cache of small pictures, which the service worker fills and signing out empties. The worker is
  // one file, so it can import nothing that the app imports as well.
  define: { PICTURES_CACHE: JSON.stringify("apis-thumbnails") },
  build: {
    target: "es2022",
    // A file of its own for each: the content security policy knows no data: scripts or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // `scripts/prepare.mjs` empties it: the folder itself stays, for the server is built from it.
    emptyOutDir: false,
    rolldownOptions: {
      input: { index: "index.html", "service-worker": "src/app/service-worker.ts" },
      output: {
        // A worker's address is its name: it must stay the same.
        entryFileNames: ({ name }) => (name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: { proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } } },
  test: { include: ["src/**/*.test.ts"] },
});
