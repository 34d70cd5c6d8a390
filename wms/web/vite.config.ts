import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

const api = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [preact()],
  worker: { format: "es" },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    rollupOptions: { input: { console: "console/index.html", handheld: "handheld/index.html" } },
  },
  server: { proxy: { "/api": api, "/healthz": api } },
});
