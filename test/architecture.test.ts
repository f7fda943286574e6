import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { computedImports, importsOf } from './architecture/imports.ts';
import { complaint, readTable } from './architecture/rules.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const json = (file: string) => JSON.parse(read(file));
const filesOf = (...patterns: string[]): string[] => globSync(patterns, { cwd: root }).sort();
const areas = '{src,plant,web,bench,test}/**/*.{ts,tsx}';
const table = readTable(read('ARCHITECTURE.md'));

/** Licences that ask for no more than to be named; all that Holdfast carries must have one of these. */
const permissive = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'Unlicense',
]);

test('every import keeps to the import table of ARCHITECTURE.md', () => {
  const files = filesOf(areas);
  assert.ok(files.length > 0);
  const complaints = files.flatMap((file) =>
    importsOf(read(file)).flatMap(({ specifier, line }) => {
      const why = complaint(table, file, specifier);
      return why === undefined ? [] : [`${file}:${line} '${specifier}': ${why}`];
    }),
  );
  assert.deepEqual(complaints, []);
});

test('no import outside test and bench is computed', () => {
  const computed = filesOf('{src,plant,web}/**/*.{ts,tsx}').flatMap((file) =>
    computedImports(read(file)).map((line) => `${file}:${line}`),
  );
  assert.deepEqual(computed, []);
});

test('the import map of package.json and the import table name the same areas', () => {
  const map: Record<string, string> = json('package.json').imports;
  for (const [alias, target] of Object.entries(map)) {
    const area = alias.slice(1, -2);
    assert.equal(target, `./${table.get(area)?.folder}/*`, `${alias} leads to its own area`);
  }
  const folders = globSync('src/*/', { cwd: root }).map((folder) => folder.replace(/^src\/|\/$/g, ''));
  assert.deepEqual(
    folders.filter((folder) => !table.has(folder) || map[`#${folder}/*`] === undefined),
    [],
  );
});

test('code that ships imports only packages that ship', () => {
  const { dependencies, optionalDependencies } = json('package.json');
  // A part that is not there everywhere is imported by the one process that can do without the others.
  const own: Readonly<Record<string, string>> = { 'src/edge/models/runner.ts': 'onnxruntime-node' };
  const shipped = filesOf('{src,plant}/**/*.ts').filter((file) => !file.endsWith('.test.ts'));
  const foreign = shipped.flatMap((file) =>
    importsOf(read(file))
      .filter(({ specifier }) => !/^(?:[.#]|node:)/.test(specifier))
      .filter(({ specifier }) => dependencies[packageOf(specifier)] === undefined)
      .filter(({ specifier }) => own[file] !== specifier || optionalDependencies[specifier] === undefined)
      .map(({ specifier, line }) => `${file}:${line} '${specifier}'`),
  );
  assert.deepEqual(foreign, []);
});

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

test('docs/dependencies.md has a line for every runtime dependency, with its licence', () => {
  const { dependencies, optionalDependencies } = json('package.json');
  const { packages } = json('package-lock.json');
  const rows = [
    ...read('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm),
  ];
  const told = Object.fromEntries(rows.map((row) => [row[1], row[4]?.trim()]));
  const all = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...consolePackages()];
  const real = all.map((name) => [name, packages[`node_modules/${name}`].license]);
  assert.deepEqual(told, Object.fromEntries(real));
});

/** What the console is built of: packages that its scripts import, and those whose styles the build names. */
function consolePackages(): readonly string[] {
  const scripts = filesOf('web/src/**/*.{ts,tsx}').filter((file) => !file.endsWith('.test.ts'));
  const imported = scripts.flatMap((file) => importsOf(read(file)).map(({ specifier }) => specifier));
  const styles = [
    ...read('tools/console/entries.ts').matchAll(/'((?:@[\w-]+\/)?[\w-]+\/dist\/[^']+\.css)'/g),
  ];
  const foreign = [...imported, ...styles.map(([, path = '']) => path)].filter((one) => !/^[.#]/.test(one));
  return [...new Set(foreign.map(packageOf))].sort();
}

test('everything that the console is built of has a permissive licence', () => {
  const packages: Record<string, { license?: string; dependencies?: Record<string, string> }> =
    json('package-lock.json').packages;
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const other of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) visit(other);
  };
  for (const name of consolePackages()) visit(name);
  const other = [...seen].map(
    (name) => `${name}: ${packages[`node_modules/${name}`]?.license ?? 'none named'}`,
  );
  assert.ok(other.length > 6);
  assert.deepEqual(
    other.filter((one) => !permissive.has(one.split(': ')[1] as string)),
    [],
  );
});

/** Their package.json names no licence; their LICENSE file or README does. Held to the version that was read. */
const undeclared: Readonly<Record<string, string>> = {
  'node_modules/dequeue@1.0.5': 'BSD-2-Clause',
  'node_modules/precond@0.2.3': 'MIT',
};

test('everything that ships with Holdfast has a permissive licence', () => {
  const packages: Record<string, { dev?: boolean; license?: string; version?: string }> =
    json('package-lock.json').packages;
  const shipped = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);
  assert.ok(shipped.length > 0);
  const other = shipped.flatMap(([path, { license, version }]) => {
    const named = license ?? undeclared[`${path}@${version}`] ?? 'none named';
    // `(A AND B)`: parts under either; both must be permissive. `(A OR B)`: as one likes; one must be.
    const parts = named.replaceAll(/[()]/g, '').split(' AND ');
    const holds = (part: string): boolean => part.split(' OR ').some((one) => permissive.has(one));
    return parts.every(holds) ? [] : [`${path}: ${named}`];
  });
  assert.deepEqual(other, []);
});

test('every version is pinned', () => {
  const { dependencies, devDependencies, optionalDependencies } = json('package.json');
  const all = Object.entries<string>({ ...dependencies, ...devDependencies, ...optionalDependencies });
  assert.deepEqual(
    all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)),
    [],
  );
});

test('a file above 400 lines says in its first line why it is long', () => {
  const long = filesOf('{src,plant,web,bench,test,tools}/**/*.{ts,tsx}', 'scripts/*').filter((file) => {
    const lines = read(file).split('\n');
    return lines.length - 1 > 400 && !/^\/\/ Long because \S+ \S+/.test(lines[0] ?? '');
  });
  assert.deepEqual(long, []);
});

const small = readTable(`
| \`src/kernel/\` | x | nothing |
| \`src/wire/\` | x | kernel |
| \`src/sources/\` | x | kernel, wire |
| \`test/\` | x | everything |
`);

test('the rules refuse what the table does not allow', () => {
  const refused = (file: string, specifier: string) =>
    assert.ok(complaint(small, file, specifier), `${file} ${specifier}`);
  refused('src/kernel/a.ts', '#wire/b.ts');
  refused('src/kernel/a.ts', '../wire/b.ts');
  refused('src/kernel/a.ts', 'node:fs/promises');
  refused('src/kernel/a.ts', '#kernel/../wire/b.ts');
  refused('src/kernel/a.ts', '#test/fixture.ts');
  refused('src/kernel/a.ts', '#nowhere/a.ts');
  refused('src/sources/modbus/a.ts', '#sources/mqtt/b.ts');
  refused('src/sources/modbus/a.ts', '../mqtt/b.ts');
  refused('src/elsewhere/a.ts', '#kernel/a.ts');
  assert.throws(() => readTable('| `src/kernel/` | x | ghosts |'));
});

test('the rules let pass what the table allows', () => {
  const passes = (file: string, specifier: string) =>
    assert.equal(complaint(small, file, specifier), undefined);
  passes('src/kernel/deep/a.ts', '../b.ts');
  passes('src/kernel/a.test.ts', '#test/fixture.ts');
  passes('src/kernel/a.test.ts', 'node:fs');
  passes('src/sources/modbus/a.ts', '#wire/mqtt/b.ts');
  passes('src/sources/modbus/deep/a.ts', '../b.ts');
  passes('test/e2e/a.ts', '#sources/modbus/a.ts');
  passes('src/sources/modbus/a.ts', 'zod');
});

test('every form of import is found, and none in comments', () => {
  const found = importsOf(
    [
      "import a from 'a';",
      "import type {\n  B,\n  C,\n} from 'b';",
      "import * as c from 'c';",
      "import d, { type E } from 'd';",
      "import 'e';",
      "export * from 'f';",
      "export type { G } from 'g';",
      "const h = await import('h');",
      "type I = import('i').I;",
      "new Worker(new URL('./j.ts', import.meta.url));",
      "import.meta.resolve('k');",
      "// import x from 'x';",
      "/* import y from 'y'; */",
      'export const from = 1;',
    ].join('\n'),
  );
  assert.deepEqual(
    found.map(({ specifier }) => specifier).sort(),
    'a b c d e f g h i ./j.ts k'.split(' ').sort(),
  );
  assert.equal(found.find(({ specifier }) => specifier === 'c')?.line, 6);
  assert.deepEqual(computedImports('const a = 1;\nawait import(path);'), [2]);
});
