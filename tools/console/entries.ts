import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const root = join(import.meta.dirname, '../..');

/** Where the console begins. */
export const SCRIPT = 'web/src/main.tsx';

/** What runs before anything is painted. */
export const THEME = 'web/src/theme.ts';

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
