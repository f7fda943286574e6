/**
 * Beside this file, and of its kind: `.ts` in development, `.js` in a release, where it is an entry of its own and has
 * the name of its area before it.
 */
export const workerUrl = (name: 'worker' | 'reader-worker'): URL => {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? `./${name}.ts` : `./historian-${name}.js`, import.meta.url);
};
