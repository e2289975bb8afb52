import { defineConfig } from "vite";

/** One file without imports: types alone come from the schemas. */
export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  build: {
    outDir: "../../dist/client",
    emptyOutDir: true,
    target: "es2022",
    minify: true,
    lib: { entry: "index.ts", formats: ["es"], fileName: () => "index.js" },
  },
});
