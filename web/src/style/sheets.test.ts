import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/*
 * All sheets of the console become one (tools/console/entries.ts): a class that two pages style is one class to the
 * browser, and whichever sheet comes last wins on both pages.
 */

const root = join(import.meta.dirname, '..');
const pageOf = (file: string): string | undefined => /^((?:fleet\/)?pages\/[^/]+)\//.exec(file)?.[1];
const classesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\.([a-z][\w-]*)/gi)].map(([, name = '']) => name);

/** Selectors of a sheet, one by one. */
function selectorsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return [...text.matchAll(/([^{};]+)\{/g)]
    .map(([, selector = '']) => selector.trim())
    .filter((selector) => !selector.startsWith('@'))
    .flatMap((selector) => selector.split(/,(?![^(]*\))/))
    .map((selector) => selector.trim());
}

const sheets = globSync('**/*.css', { cwd: root }).sort();
/** The pages that style a class; `undefined` among them: the shared sheets. */
const stylers = Map.groupBy(
  sheets.flatMap((file) =>
    selectorsOf(file)
      .flatMap(classesIn)
      .map((name) => ({ name, page: pageOf(file) })),
  ),
  ({ name }) => name,
);
const isOwn = (name: string, page: string): boolean =>
  (stylers.get(name) ?? []).every((one) => one.page === page);

test('every rule of a page names a class that nobody else styles', () => {
  const pageSheets = sheets.filter((file) => pageOf(file) !== undefined);
  assert.ok(pageSheets.length > 10, 'the sheets of the pages are found');
  const colours = /^(:root|\[data-ix-color-schema="\w+"\])$/;
  const shared = pageSheets.flatMap((file) =>
    selectorsOf(file)
      .filter((one) => !colours.test(one) && !classesIn(one).some((name) => isOwn(name, pageOf(file) ?? '')))
      .map((one) => `${file}: ${one}`),
  );
  assert.deepEqual(shared, [], 'rename the class, or move the rule to style/parts.css');
});

test('no page leans on a class of another page', () => {
  const borrowed = globSync('{pages,fleet/pages}/**/*.tsx', { cwd: root }).flatMap((file) => {
    const page = pageOf(file);
    const text = readFileSync(join(root, file), 'utf8');
    const names = [...text.matchAll(/className=(?:"([^"]*)"|\{([^}]*)\})/g)].flatMap(
      ([, plain, computed = '']) => (plain ?? [...computed.matchAll(/'([^']*)'/g)].join(' ')).split(/[\s,]+/),
    );
    return [...new Set(names)]
      .filter((name) => {
        const styling = stylers.get(name) ?? [];
        return styling.length > 0 && styling.every((one) => one.page !== undefined && one.page !== page);
      })
      .map((name) => `${file}: ${name}`);
  });
  assert.deepEqual(borrowed, [], 'move its rules to style/parts.css');
});
