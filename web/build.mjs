// Bundles the pages' scripts into the package's static files; with --tests, the tests into test-results/.
import { rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const common = { bundle: true, format: "esm", charset: "utf8", logLevel: "warning", legalComments: "none" };

if (process.argv.includes("--tests")) {
  const outdir = here("../test-results/web/");
  rmSync(outdir, { recursive: true, force: true });
  const tests = (await readdir(here("test/"))).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...common,
    entryPoints: tests.map((name) => here(`test/${name}`)),
    outdir,
    outExtension: { ".js": ".mjs" },
    platform: "node",
    target: "node20",
    sourcemap: "inline",
  });
} else {
  const outdir = here("../src/bluezone/authority/static/build/");
  rmSync(outdir, { recursive: true, force: true });
  await build({
    ...common,
    entryPoints: {
      codes: here("src/codes/main.ts"),
      demo: here("src/demo/main.ts"),
      heartbeat: here("src/heartbeat/main.ts"),
      passkeys: here("src/passkeys/main.ts"),
      replay: here("src/replay/main.ts"),
    },
    outdir,
    platform: "browser",
    // As old as phones of 2021 may be; tsconfig's lib keeps newer calls out.
    target: "es2020",
    minify: true,
  });
}
