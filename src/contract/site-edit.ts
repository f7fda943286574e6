import {
  Document,
  isCollection,
  isMap,
  isScalar,
  type Node,
  Pair,
  parseDocument,
  Scalar,
  YAMLMap,
} from 'yaml';
import { AS_IT_IS, entryText, flowNode } from '#contract/entry-text.ts';
import { readYaml } from '#contract/yaml.ts';
import { Fault } from '#kernel/fault.ts';
import { isSameValue } from '#kernel/same.ts';

export type Entry = { readonly [field: string]: unknown };

/** Sections of a site file whose entries programs may write. */
export type EditedSection = 'tags' | 'pictures';

export interface TagEdits {
  /** New or changed entries by their keys: what each says afterwards. */
  readonly put: ReadonlyMap<string, Entry>;
  readonly remove?: ReadonlySet<string>;
  /** Behind new entries. */
  readonly comments?: ReadonlyMap<string, string>;
}

/** The tags that a site file names itself, as written. @throws Fault `site.invalid` when it cannot be read */
export const tagsAsWritten = (text: string): { readonly [path: string]: Entry } =>
  entriesAsWritten(text, 'tags');

/** The entries of a section as written. @throws Fault `site.invalid` when it cannot be read */
export function entriesAsWritten(text: string, section: EditedSection): { readonly [key: string]: Entry } {
  const { root } = readYaml(text);
  const entries = isPlain(root) ? (root[section] ?? {}) : undefined;
  if (isPlain(entries)) return entries as { readonly [key: string]: Entry };
  throw new Fault('site.invalid', 'the site file cannot be read', {
    retry: 'never',
    hint: '`holdfast check` says what is wrong in it',
  });
}

/** The text of a site file with other tags. @throws Fault as {@link editEntries} */
export const editTags = (text: string, edits: TagEdits): string => editEntries(text, 'tags', edits);

/**
 * The text of a site file with other entries in a section. Only the lines of what changes are written anew: comments, order and layout
 * of all the rest stay to the byte.
 * @throws Fault `site.invalid`; `site.not-editable` where an anchor makes one entry out of several
 */
export function editEntries(text: string, section: EditedSection, edits: TagEdits): string {
  const present = entriesAsWritten(text, section);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const changes = [...edits.put].filter(([path, entry]) => !isSameValue(present[path], entry));
  const gone = [...(edits.remove ?? [])].filter((path) => Object.hasOwn(present, path));
  if (changes.length === 0 && gone.length === 0) return text;
  const document = parseDocument(text, { version: '1.2', prettyErrors: false, uniqueKeys: false });
  const edited = splice(
    text,
    [...splices(text, { document, section, present }, new Map(changes), new Set(gone), edits)],
    eol,
  );
  const wanted = { ...present, ...Object.fromEntries(changes) };
  for (const path of gone) delete wanted[path];
  verify(text, edited, section, wanted);
  return edited;
}

interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

function splice(text: string, all: readonly Splice[], eol: string): string {
  const parts: string[] = [];
  let at = 0;
  for (const one of all.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    parts.push(text.slice(at, one.from), one.text.replaceAll('\n', eol));
    at = one.to;
  }
  return parts.join('') + text.slice(at);
}

interface Written {
  readonly document: Document;
  readonly section: EditedSection;
  readonly present: { readonly [key: string]: Entry };
}

function* splices(
  text: string,
  { document, section: name, present }: Written,
  changes: ReadonlyMap<string, Entry>,
  gone: ReadonlySet<string>,
  { comments }: TagEdits,
): Iterable<Splice> {
  const added = [...changes].filter(([path]) => !Object.hasOwn(present, path));
  const section = isMap(document.contents) ? pairOf(document.contents, name) : undefined;
  const tags = section?.value;
  const empty = Object.keys(present).length === gone.size && added.length === 0;
  const lines = (indent: string) =>
    added.map(([path, entry]) => entryText({ path, entry, comment: comments?.get(path) }, indent)).join('');
  if (!section) {
    yield {
      from: text.length,
      to: text.length,
      text: `${text === '' || text.endsWith('\n') ? '' : '\n'}${name}:\n${lines('  ')}`,
    };
    return;
  }
  if (!isMap(tags) || tags.flow || tags.items.length === 0 || empty) {
    yield whole(text, section, { ...present, ...Object.fromEntries(changes) }, gone, comments);
    return;
  }
  const indent = ' '.repeat(columnOf(text, startOf(tags.items[0] as Pair)));
  // Before anything is rewritten: new nodes have no place in the text.
  const end = lineEnd(text, endOf(tags.items.at(-1) as Pair));
  for (const pair of tags.items as Pair[]) {
    const path = String((pair.key as Scalar).value);
    const entry = changes.get(path);
    if (gone.has(path)) yield linesOf(text, pair, tags.items[0] === pair);
    else if (entry && isPlain(present[path])) yield rewritten(text, pair, present[path], entry, indent);
    else if (entry) yield { ...regionOf(text, pair), text: entryText({ path, entry }, indent).trim() };
  }
  if (added.length === 0) return;
  yield { from: end, to: end, text: (text[end - 1] === '\n' ? '' : '\n') + lines(indent) };
}

/** The section written anew, where it is empty, in braces, or about to be empty. */
function whole(
  text: string,
  section: Pair,
  tags: { readonly [path: string]: Entry },
  gone: ReadonlySet<string>,
  comments: TagEdits['comments'],
): Splice {
  const all = Object.entries(tags).filter(([path]) => !gone.has(path));
  const lines = all.map(([path, entry]) => entryText({ path, entry, comment: comments?.get(path) })).join('');
  const name = String((section.key as Scalar).value);
  const from = startOf(section);
  const to = Math.max(lineEnd(text, endOf(section)), from);
  return { from, to, text: all.length === 0 ? `${name}: {}\n` : `${name}:\n${lines}` };
}

/** One entry with other fields; those that stay keep their comments. */
function rewritten(text: string, pair: Pair, before: Entry, after: Entry, indent: string): Splice {
  const region = regionOf(text, pair);
  const path = String((pair.key as Scalar).value);
  if (!isMap(pair.value)) return { ...region, text: entryText({ path, entry: after }, indent).trim() };
  const value = pair.value as YAMLMap;
  change(value, before, after);
  trimComments(value);
  const alone = new YAMLMap();
  const key = new Scalar(path);
  key.type = (pair.key as Scalar).type as 'PLAIN';
  alone.items.push(new Pair(key, value));
  const document = new Document();
  document.contents = alone as unknown as typeof document.contents;
  const lines = document
    .toString({ ...AS_IT_IS, verifyAliasOrder: false })
    .trimEnd()
    .split('\n');
  return {
    ...region,
    text: lines.map((line, i) => (i === 0 || line === '' ? line : indent + line)).join('\n'),
  };
}

/** What follows the last line of the entry stays in the text, so it must not be written a second time. */
function trimComments(value: Node): void {
  let at: unknown = value;
  if (!isCollection(at)) return;
  if (at.flow) at.comment = null;
  while (isMap(at) && !at.flow) {
    at.comment = null;
    at = at.items.at(-1)?.value;
  }
}

function change(map: YAMLMap, before: Entry, after: Entry): void {
  for (const [field, value] of Object.entries(after)) {
    const old = before[field];
    if (isSameValue(old, value)) continue;
    const node = map.get(field, true) as Node | undefined;
    if (isMap(node) && isPlain(old) && isPlain(value)) change(node as YAMLMap, old, value);
    else if (isScalar(node) && isScalar(flowNode(value))) setScalar(node, value);
    else map.set(field, flowNode(value));
  }
  for (const field of Object.keys(before)) if (!Object.hasOwn(after, field)) map.delete(field);
}

function setScalar(node: Scalar, value: unknown): void {
  // How the old value was written (hexadecimal, a block) says nothing of the new one.
  const { comment, commentBefore, spaceBefore } = node;
  const next = flowNode(value) as Scalar;
  delete node.format;
  delete node.minFractionDigits;
  delete node.source;
  node.type = next.type ?? 'PLAIN';
  node.value = value;
  Object.assign(node, { comment, commentBefore, spaceBefore });
}

/** From the key to the last character of the value; comments behind it not included. */
function regionOf(text: string, pair: Pair): { readonly from: number; readonly to: number } {
  const from = startOf(pair);
  const end = endOf(pair);
  const isBlock = isMap(pair.value) && !pair.value.flow;
  // Comments behind the last field of a block belong to that field and are written with it.
  const to = isBlock ? lineEnd(text, end) : end;
  return { from, to: from + text.slice(from, to).trimEnd().length };
}

/** All lines of an entry, with the comment lines right above it. */
function linesOf(text: string, pair: Pair, isFirst: boolean): Splice {
  let from = text.lastIndexOf('\n', startOf(pair) - 1) + 1;
  while (!isFirst && from > 0) {
    const above = text.lastIndexOf('\n', from - 2) + 1;
    if (!/^\s*#/.test(text.slice(above, from))) break;
    from = above;
  }
  return { from, to: lineEnd(text, endOf(pair)), text: '' };
}

const startOf = (pair: Pair): number => (pair.key as Node).range?.[0] ?? 0;

/** Behind the last character of the value itself. */
function endOf(pair: Pair): number {
  const value = pair.value as Node | null;
  if (isMap(value) && !value.flow && value.items.length > 0) return endOf(value.items.at(-1) as Pair);
  if (isCollection(value) && !value.flow && value.items.length > 0) {
    const last = value.items.at(-1);
    return isMap(last) && !last.flow && last.items.length > 0
      ? endOf(last.items.at(-1) as Pair)
      : ((last as Node).range?.[1] ?? 0);
  }
  return value?.range?.[1] ?? (pair.key as Node).range?.[1] ?? 0;
}

/** Start of the line behind the one that holds the character before `at`. */
function lineEnd(text: string, at: number): number {
  if (text[at - 1] === '\n') return at;
  const next = text.indexOf('\n', at);
  return next < 0 ? text.length : next + 1;
}

const columnOf = (text: string, at: number): number => at - (text.lastIndexOf('\n', at - 1) + 1);

const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  (map.items as Pair[]).find((pair) => isScalar(pair.key) && pair.key.value === key);

const isPlain = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The edited text says what was wanted, and all else as before. */
function verify(
  before: string,
  after: string,
  section: EditedSection,
  entries: { readonly [key: string]: unknown },
): void {
  const was = readYaml(before).root as Entry;
  const { root, problems } = readYaml(after);
  if (problems.length === 0 && isSameValue(root, { ...was, [section]: entries })) return;
  throw new Fault(
    'site.not-editable',
    `the ${section} of this site file hang together by anchors (&) and aliases (*)`,
    {
      retry: 'never',
      hint: 'write the entries concerned out in full, or describe equal assets by a type',
    },
  );
}
