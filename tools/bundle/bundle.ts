import { build } from 'esbuild';

/** CommonJS packages inside an ES module ask for `require`. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles the command line with the edge into a few small files: this is what a release carries, and what memory and
 * start-up are measured on. The journal's worker is an entry point of its own, beside the others.
 * @param outDir made when absent
 */
export async function bundle(outDir: string): Promise<void> {
  const root = new URL('../../', import.meta.url).pathname;
  await build({
    absWorkingDir: root,
    entryPoints: { main: 'src/cli/main.ts', worker: 'src/journal/worker.ts' },
    outdir: outDir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    banner: { js: REQUIRE },
    // The simulated plant is for trying things out; a release does not carry it.
    external: ['#plant/*', 'modbus-serial', 'aedes', 'mqtt'],
    logLevel: 'warning',
  });
}
