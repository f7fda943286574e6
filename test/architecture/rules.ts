import { posix } from 'node:path';

/** Areas by name (`kernel`), with the folder of each and the areas it may import; `everything` is a word of the table. */
export type Table = ReadonlyMap<string, { readonly folder: string; readonly may: ReadonlySet<string> }>;

/** Reads the table of ARCHITECTURE.md; throws when a row cannot be understood, so that no row is silently skipped. */
export function readTable(markdown: string): Table {
  const rows = [...markdown.matchAll(/^\| `([\w/]+)\/` \|(.*)\|(.*)\|$/gm)];
  if (rows.length === 0) throw new Error('ARCHITECTURE.md has no import table');
  const table = new Map(rows.map((row) => [posix.basename(row[1] ?? ''), areaOf(row)] as const));
  for (const [name, { may }] of table)
    for (const other of may)
      if (other !== 'everything' && !table.has(other))
        throw new Error(`${name} may import ${other}, which has no row`);
  return table;
}

function areaOf(row: RegExpExecArray) {
  const words = (row[3] ?? '').trim().split(/\s*,\s*/);
  return { folder: row[1] ?? '', may: new Set(words.filter((word) => word !== 'nothing')) };
}

/** Areas with one folder a protocol, which never know each other. */
const separate = new Set(['wire', 'sources', 'actuators', 'sinks']);

/** Modules with which code reaches outside; areas that decide must not have them, so that a replay finds the same. */
const outside =
  /^node:(?:fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|cluster|sqlite|os|process|inspector|repl|readline)(?:\/|$)/;
const pure = new Set(['kernel', 'codec', 'pipeline', 'decide', 'guard', 'notices', 'contract']);

/** Why a file must not have this import; undefined when it may. `file` is relative to the project, with slashes. */
export function complaint(table: Table, file: string, specifier: string): string | undefined {
  const area = areaOfFile(table, file);
  if (area === undefined) return 'lies in no area of the import table';
  if (specifier.startsWith('.')) return relativeComplaint(table, file, area, specifier);
  if (specifier.startsWith('#')) return crossingComplaint(table, file, area, specifier);
  if (area === 'web' && specifier.startsWith('node:') && !isTest(file))
    return `a browser has no ${specifier}`;
  if (pure.has(area) && outside.test(specifier) && !isTest(file))
    return `${area} is pure: it cannot have ${specifier}`;
  return undefined;
}

const isTest = (file: string): boolean => file.endsWith('.test.ts');

function areaOfFile(table: Table, file: string): string | undefined {
  for (const [name, { folder }] of table) if (file.startsWith(`${folder}/`)) return name;
  return undefined;
}

function relativeComplaint(table: Table, file: string, area: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(file), specifier);
  if (target === 'package.json') return undefined; // it holds the version
  if (areaOfFile(table, target) !== area) return `leaves ${area}; other areas are reached by #area/…`;
  return siblingComplaint(table, file, area, target);
}

function crossingComplaint(table: Table, file: string, area: string, specifier: string): string | undefined {
  const [name = '', ...rest] = specifier.slice(1).split('/');
  const may = table.get(area)?.may;
  const target = table.get(name);
  if (target === undefined) return `names no area: #${name}`;
  if (rest.includes('..')) return 'climbs out of its area with ..';
  if (name === area) return siblingComplaint(table, file, area, posix.join(target.folder, ...rest));
  if (may?.has('everything') || may?.has(name)) return undefined;
  // Unit tests may use the fixtures that are shared in test/.
  if (name === 'test' && isTest(file)) return undefined;
  return `${area} may not import ${name}`;
}

function siblingComplaint(table: Table, file: string, area: string, target: string): string | undefined {
  if (!separate.has(area)) return undefined;
  const folder = `${table.get(area)?.folder}/`;
  const [from, deeper] = file.slice(folder.length).split('/');
  const to = target.slice(folder.length).split('/')[0];
  if (deeper === undefined || from === to || to?.endsWith('.ts')) return undefined;
  return `${area}/${from} may not know ${area}/${to}`;
}
