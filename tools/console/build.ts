import { globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type BuildOptions, build, type Metafile, stop } from 'esbuild';
import { type Entry, FIRST, HUB, onTopOfScript, SITE, STYLE } from './entries.ts';

const root = join(import.meta.dirname, '../..');

/** Names of what is compressed and may be kept for ever hold a digest of their content. */
const ASSETS = 'assets';

/**
 * Builds the console into a folder as the edge serves it: a page, and assets whose names hold a digest of their content,
 * each beside its compressed forms. The folder is there as a whole or not at all.
 * @param outDir replaced
 */
export async function buildConsole(outDir: string): Promise<void> {
  const draft = `${outDir}.${process.pid}.new`;
  const old = `${outDir}.${process.pid}.old`;
  for (const folder of [draft, old]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    const outputs = await bundleInto(join(draft, ASSETS));
    for (const entry of [SITE, HUB]) writeFileSync(join(draft, entry.page), page(outputs, entry));
    await Promise.all(globSync(`${draft}/{*.html,${ASSETS}/*}`).map(compress));
    mkdirSync(dirname(outDir), { recursive: true });
    replace(outDir, draft, old);
  } finally {
    for (const folder of [draft, old]) rmSync(folder, { recursive: true, force: true });
  }
}

async function bundleInto(outdir: string): Promise<Outputs> {
  const shared: BuildOptions & { readonly metafile: true } = {
    absWorkingDir: root,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    outdir,
    bundle: true,
    minify: true,
    platform: 'browser',
    target: ['chrome120', 'firefox121', 'safari17.2'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  };
  try {
    const [first, rest] = await Promise.all([
      // A script that the browser runs before it paints cannot be a module, which waits.
      build({ ...shared, entryPoints: { first: FIRST }, format: 'iife' }),
      build({
        ...shared,
        entryPoints: { console: SITE.script, hub: HUB.script, style: STYLE.path },
        format: 'esm',
        splitting: true,
        jsx: 'automatic',
        define: { 'process.env.NODE_ENV': '"production"' },
        plugins: [STYLE.plugin, onTopOfScript],
      }),
    ]);
    return { ...first.metafile.outputs, ...rest.metafile.outputs };
  } finally {
    await stop(); // its helper process would outlive the caller by a moment
  }
}

type Outputs = Metafile['outputs'];

/** The page with the names that its scripts and its style were given. */
function page(outputs: Outputs, { script, first }: Entry): string {
  const named = (text: string, entry: string) =>
    text.replace(`{${entry}}`, addressOf(pathOf(outputs, entry)));
  const frame = readFileSync(join(root, 'web/index.html'), 'utf8').replace('{script}', `{${script}}`);
  const text = [script, FIRST, STYLE.path].reduce(named, frame);
  const links = neededBy(outputs, [script, first]).map(
    (path) => `<link rel="modulepreload" href="${addressOf(path)}">`,
  );
  return text.replace('{preloads}', links.join('\n'));
}

const addressOf = (path: string): string => `/${ASSETS}/${basename(path)}`;

function pathOf(outputs: Outputs, entry: string): string {
  const [path] = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint?.endsWith(entry)) ?? [];
  if (path === undefined) throw new Error(`the console has no ${entry}`);
  return path;
}

/** All scripts without which these cannot run, in the order in which they are wanted. */
function neededBy(outputs: Outputs, entries: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const walk = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    for (const one of outputs[path]?.imports ?? []) if (one.kind === 'import-statement') walk(one.path);
  };
  for (const entry of entries) walk(pathOf(outputs, entry));
  return [...found];
}

/** Smaller ones gain nothing that a header would not take again. */
const LEAST_BYTES = 512;
const shrunk = { br: promisify(brotliCompress), gz: promisify(gzip) };

async function compress(file: string): Promise<void> {
  const bytes = readFileSync(file);
  if (bytes.length < LEAST_BYTES) return;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };
  writeFileSync(`${file}.br`, await shrunk.br(bytes, quality));
  writeFileSync(`${file}.gz`, await shrunk.gz(bytes, { level: 9 }));
}

/** Two starts may build at once: whoever comes last leaves his, which is the same. */
function replace(outDir: string, draft: string, old: string): void {
  try {
    renameSync(outDir, old);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    renameSync(draft, outDir);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
