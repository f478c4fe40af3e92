import { lingui } from "@lingui/vite-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { compressed } from "./scripts/compressed.js";
import { icons } from "./scripts/icons.js";
import { styles } from "./scripts/styles.js";

export default defineConfig({
  // Files name each other relatively, so that the client works below any path.
  base: "./",
  plugins: [
    react({ babel: { plugins: ["@lingui/babel-plugin-lingui-macro"] } }),
    lingui({ failOnMissing: true, failOnCompileError: true }),
    icons(),
    styles(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src/app/worker",
      filename: "worker.ts",
      injectRegister: null, // app/worker/register.ts
      manifest: false, // public/app.webmanifest
      injectManifest: {
        // What only charts need is loaded when they are opened.
        globPatterns: ["assets/*.{js,css}"],
        globIgnores: ["assets/*harts-*", "assets/*Chart-*"],
        modifyURLPrefix: { "": "static/client/" },
        dontCacheBustURLsMatching: /-[\w-]{8}\.\w+$/,
      },
    }),
    compressed(),
  ],
  build: {
    outDir: "../web/static/client",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0, // the page's policy allows no data: addresses of fonts and scripts
    modulePreload: { polyfill: false },
    target: ["es2022", "chrome111", "firefox114", "safari16.4"],
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      output: {
        // One file of all that the first page needs: HTTP/1.1 fetches six at a time, and forty small ones would wait for
        // each other. What runs while it is on its way stays apart: main.tsx, and what that imports.
        codeSplitting: {
          groups: [
            {
              name: "before",
              test: /\/src\/app\/(storage|before|hashes|styles)\.ts$|preload-helper|styles\/(baseline|default-css-variables|global)\.css|app\.css/,
              priority: 2,
            },
            { name: "start", test: /\/src\/app\/start\.tsx$/, priority: 1 },
          ],
        },
      },
    },
  },
});
