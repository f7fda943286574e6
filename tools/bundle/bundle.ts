import { join } from 'node:path';
import { build, type Plugin, stop } from 'esbuild';
import { buildConsole } from '../console/build.ts';
import { withoutCertificateMaking } from './left-out.ts';
import { bringModels, type ModelSystem } from './models.ts';

/** CommonJS packages inside an ES module ask for `require` and for their folder. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url), " +
  '__dirname = import.meta.dirname, __filename = import.meta.filename;';

/**
 * Bundles the command line with the edge into a few small files, and the console beside them: this is what a release carries, and what memory and
 * start-up are measured on. Threads are entry points of their own, beside the others.
 * @param outDir made when absent
 * @param models system whose runtime of models (ONNX) comes along; nothing said: none, it is larger than all else together
 */
export async function bundle(
  outDir: string,
  { models }: { readonly models?: ModelSystem | undefined } = {},
): Promise<void> {
  const root = new URL('../../', import.meta.url).pathname;
  await build({
    absWorkingDir: root,
    entryPoints: {
      main: 'src/cli/main.ts',
      worker: 'src/journal/worker.ts',
      'feed-worker': 'src/journal/feed-worker.ts',
      'historian-worker': 'src/historian/worker.ts',
      'historian-reader-worker': 'src/historian/reader-worker.ts',
      'exchange-import-worker': 'src/exchange/import-worker.ts',
      'exchange-export-worker': 'src/exchange/export-worker.ts',
      'edge-learn-worker': 'src/edge/detectors/learning/worker.ts',
      'edge-reader-worker': 'src/edge/calculation/reader-worker.ts',
      'edge-replay-worker': 'src/edge/replay/aside-worker.ts',
      'edge-describe-worker': 'src/edge/api/describe-worker.ts',
      'check-worker': 'src/edge/check-worker.ts',
      'model-runner': 'src/edge/models/runner.ts',
    },
    outdir: outDir,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    banner: { js: REQUIRE },
    // Of the OPC UA client's certificate folders, which Holdfast does not use; and what runs models, machine code that lies
    // beside the bundle where it is wanted.
    external: ['proper-lockfile', 'onnxruntime-node'],
    plugins: [withoutPlant, withoutCertificateMaking, lazyServers],
    // A copy of Node's own streams for old versions of it: 80 kB that nobody needs here.
    alias: {
      'readable-stream': 'node:stream',
      // Its module form: imported when first needed, the other one would come without its names.
      '@peculiar/x509': '@peculiar/x509/build/x509.es.js',
    },
    logLevel: 'warning',
  });
  await stop(); // its helper process would outlive the caller by a moment
  await buildConsole(join(outDir, 'console'));
  if (models) await bringModels(join(root, 'node_modules'), outDir, models);
}

/** The simulated plant is for trying things out: a release does not carry it, and says so when it is asked for. */
const withoutPlant: Plugin = {
  name: 'without-plant',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#plant\// }, ({ path }) => ({ path, namespace: 'plant' }));
    onLoad({ filter: /./, namespace: 'plant' }, () => ({ contents: NO_PLANT, resolveDir: 'src' }));
  },
};

const NO_PLANT = `
  import { Fault } from '#kernel/fault.ts';
  throw new Fault('plant.not-here', 'a release does not carry the simulated plant', {
    retry: 'never',
    hint: 'run it, or the demo, from the source tree',
  });
  export const runPlant = undefined;
  export const siteFileFor = undefined;
  export const pumpingSiteFile = undefined;
`;

/** Fastify loads HTTP/2 and TLS whether they are used or not, 10 MB of memory. Here they are loaded with their first use. */
const lazyServers: Plugin = {
  name: 'lazy-servers',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:(http2|https)$/ }, ({ path, kind }) =>
      // Of a module that names what it imports each name would be looked up at once.
      kind === 'require-call' ? { path, namespace: 'lazy' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({ contents: lazily(path) }));
  },
};

const lazily = (module: string) => `
  module.exports = new Proxy({}, { get: (_, name) => process.getBuiltinModule('${module}')[name] });
`;
