import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const root = join(import.meta.dirname, '../..');

export interface Entry {
  /** The page that a server gives. */
  readonly page: string;
  /** Where the console begins. */
  readonly script: string;
  /** What comes first in it: asked for beside the script, not after it. */
  readonly first: string;
}

/** One build, two consoles, which share all that is the same in both. */
export const SITE: Entry = {
  page: 'index.html',
  script: 'web/src/main.tsx',
  first: 'web/src/pages/overview/page.tsx',
};
export const HUB: Entry = {
  page: 'hub.html',
  script: 'web/src/fleet/hub.tsx',
  first: 'web/src/fleet/pages/overview/page.tsx',
};

/** What runs before anything is painted. */
export const FIRST = 'web/src/first.ts';

const PATH = 'all.css';

/** What the design system brings: its reset, its typography and its two themes. */
const FOUNDATION = [
  '@siemens/ix/dist/siemens-ix/siemens-ix-core.css',
  '@siemens/ix/dist/siemens-ix/theme/classic-light.css',
  '@siemens/ix/dist/siemens-ix/theme/classic-dark.css',
  'uplot/dist/uPlot.min.css',
];

/**
 * One style of everything: the design system, then every `.css` below `web/src/`, `style/` first and in the order of
 * paths. Nobody has to name a style anywhere.
 */
const plugin: Plugin = {
  name: 'all-styles',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^all\.css$/ }, ({ path }) => ({ path, namespace: 'all-styles' }));
    onLoad({ filter: /./, namespace: 'all-styles' }, () => {
      const own = globSync('web/src/**/*.css', { cwd: root }).sort();
      const ordered = [...own.filter(isBase), ...own.filter((path) => !isBase(path))];
      const paths = [...FOUNDATION, ...ordered.map((path) => `./${path}`)];
      return {
        contents: paths.map((path) => `@import '${path}';`).join('\n'),
        loader: 'css',
        resolveDir: root,
      };
    });
  },
};

const isBase = (path: string): boolean => path.startsWith('web/src/style/');

export const STYLE = { path: PATH, plugin };

/**
 * Whatever is loaded later stands on the script that is there by then, and says so to the builder: otherwise that makes a file
 * of its own of each module of the script that some pages need and others do not, ten more to ask for.
 */
export const onTopOfScript: Plugin = {
  name: 'on-top-of-script',
  setup(build) {
    build.onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === RESOLVED) return undefined;
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: RESOLVED });
      return { ...found, pluginData: importer.startsWith(FLEET) ? HUB : SITE };
    });
    build.onLoad({ filter: /\.tsx?$/ }, ({ path, pluginData }) => {
      if (pluginData !== HUB && pluginData !== SITE) return undefined;
      const loader = path.endsWith('x') ? 'tsx' : 'ts';
      const script = JSON.stringify(join(root, (pluginData as Entry).script));
      return { contents: `${readFileSync(path, 'utf8')}\nimport ${script};\n`, loader };
    });
  },
};

const RESOLVED = 'resolved';
const FLEET = join(root, 'web/src/fleet/');
