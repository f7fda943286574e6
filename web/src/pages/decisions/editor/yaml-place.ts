/** Where in a site file somebody writes, found by indentation alone: half-written files have a place, too. */
export interface YamlPlace {
  /** Keys from the top, `[]` for an item of a list; up to the mapping whose key is written, or to the value. */
  readonly path: readonly string[];
  readonly what: 'key' | 'value';
  /** The word being written, and where in its line it begins. */
  readonly word: string;
  readonly from: number;
  /** For each mapping on the way, the top first: its keys and, where they stand in the same line, their values. */
  readonly mappings: readonly Fields[];
}

export type Fields = ReadonlyMap<string, string>;

interface Step {
  readonly indent: number;
  /** Absent: an item of a list. */
  readonly key?: string;
  /** Column where the key ends; where an item's content begins. */
  readonly end: number;
  readonly value: string;
}

const KEY = /^(?:"([^"]*)"|'([^']*)'|([^\s#:{}[\],&*!|>%@"'-][^#{}[\]"]*?|-[^\s#{}[\]"]+?))\s*:(?=\s|$)/;
const ITEM = '[]';

/** Lines seen lately: between two questions nearly all of them stay. */
const known = new Map<string, readonly Step[]>();
const MOST_KNOWN = 50_000;

function stepsOf(line: string): readonly Step[] {
  const before = known.get(line);
  if (before) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const steps = stepsIn(line);
  known.set(line, steps);
  return steps;
}

/** What a line is made of: `- write:` is an item and a key in it. */
function stepsIn(line: string): readonly Step[] {
  const steps: Step[] = [];
  let at = line.search(/\S/);
  if (at < 0 || line[at] === '#') return steps;
  while (line[at] === '-' && /\s|^$/.test(line.charAt(at + 1))) {
    const indent = at++;
    while (line[at] === ' ') at++;
    steps.push({ indent, end: at, value: '' });
  }
  const [all, ...names] = KEY.exec(line.slice(at)) ?? [];
  if (all === undefined) return steps;
  const end = at + all.length;
  const key = names.find((name) => name !== undefined) ?? '';
  steps.push({ indent: at, key, end, value: scalarOf(line.slice(end)) });
  return steps;
}

const scalarOf = (text: string): string =>
  text
    .replace(/\s#.*$/, '')
    .trim()
    .replaceAll(/^["']|["']$/g, '');

/**
 * @param at number of the line, 0 the first, and the column in it, 0 before its first character
 */
export function yamlPlace(
  lines: readonly string[],
  at: { readonly line: number; readonly column: number },
): YamlPlace {
  const text = lines[at.line] ?? '';
  const own = stepsOf(text);
  const before = text.slice(0, at.column);
  const last = own.at(-1);
  const isInValue = last?.key !== undefined && at.column > last.end - 1;
  const passed = own.filter((step) => (step === last && !isInValue ? step.key === undefined : true));
  const steps = passed.filter(({ indent }) => indent < at.column);
  const content = contentColumn(text, own, at.column);
  const above = ancestors(
    lines,
    at.line,
    own[0]?.indent ?? content,
    own[0] ? own[0].key === undefined : false,
  );
  const way = [...above, ...steps.map((step) => ({ step, line: at.line }))];
  const path = way.map(({ step }) => step.key ?? ITEM);
  const mappings = mappingsOn(lines, way);
  if (isInValue) {
    const start = last.end + (/^\s*/.exec(text.slice(last.end))?.[0].length ?? 0);
    return within(before, Math.min(start, at.column), { path, mappings });
  }
  if (/^[{[]/.test(text.slice(content))) return within(before, content, { path, mappings });
  return {
    path,
    what: 'key',
    word: before.slice(content),
    from: content,
    mappings: [...mappings, fieldsAt(lines, at.line, content)],
  };
}

/** Where what is no item begins in a line; the cursor itself in one that has nothing yet. */
function contentColumn(text: string, own: readonly Step[], column: number): number {
  const last = own.at(-1);
  if (last) return last.key === undefined ? last.end : last.indent;
  const first = text.search(/\S/);
  return first < 0 ? column : Math.min(first, column);
}

interface On {
  readonly step: Step;
  readonly line: number;
}

/** The keys and items that a line at this indent stands in. */
function ancestors(lines: readonly string[], line: number, indent: number, isItem: boolean): On[] {
  const found: On[] = [];
  let limit = indent;
  let ofItem = isItem;
  for (let i = line - 1; i >= 0 && (limit > 0 || ofItem); i--) {
    for (const step of stepsOf(lines[i] as string).toReversed()) {
      // A list may stand as far left as the key that it belongs to.
      const isAbove = step.indent < limit || (ofItem && step.key !== undefined && step.indent === limit);
      if (!isAbove) continue;
      // What has a value in its line holds nothing below: the cursor stands beside it, too far right.
      const holds = step.key === undefined || step.value === '';
      if (holds) found.unshift({ step, line: i });
      limit = step.indent;
      ofItem = step.key === undefined;
    }
  }
  return found;
}

/** The fields of each mapping that the way leads through: of those whose keys it names. */
const mappingsOn = (lines: readonly string[], way: readonly On[]): Fields[] =>
  way.flatMap(({ step, line }) => (step.key === undefined ? [] : [fieldsAt(lines, line, step.indent)]));

/** All keys at this indent around a line, up to where the mapping ends. */
function fieldsAt(lines: readonly string[], line: number, indent: number): Fields {
  const fields = new Map<string, string>();
  /** @returns whether the mapping goes on beyond this line */
  const take = (i: number): boolean => {
    const steps = stepsOf(lines[i] as string);
    for (const { key, value, indent: at } of steps)
      if (key !== undefined && at === indent) fields.set(key, value);
    return steps.every((step) => step.indent >= indent);
  };
  const goesUp = line < lines.length ? take(line) : true;
  for (let i = line - 1; goesUp && i >= 0 && take(i); i--);
  for (let i = line + 1; i < lines.length; i++) {
    const steps = stepsOf(lines[i] as string);
    if (steps[0] && steps[0].indent < indent) break;
    take(i);
  }
  return fields;
}

/** A value in its line: plain, or `{ of: such }`, in which there are keys again. */
function within(
  before: string,
  start: number,
  { path, mappings }: Pick<YamlPlace, 'path' | 'mappings'>,
): YamlPlace {
  const stack: { readonly isMap: boolean; readonly fields: Map<string, string>; key: string | undefined }[] =
    [];
  let from = start;
  let quote = '';
  const ended = () => {
    const top = stack.at(-1);
    if (top?.key !== undefined) top.fields.set(top.key, scalarOf(before.slice(from, at)));
  };
  let at = start;
  for (; at < before.length; at++) {
    const letter = before.charAt(at);
    if (quote !== '') {
      if (letter === quote) quote = '';
      continue;
    }
    const isFlow = stack.length > 0 || at === start;
    const top = stack.at(-1);
    if ((letter === '"' || letter === "'") && before.slice(from, at).trim() === '') quote = letter;
    else if (isFlow && (letter === '{' || letter === '[')) {
      stack.push({ isMap: letter === '{', fields: new Map(), key: undefined });
      from = at + 1;
    } else if (top && (letter === '}' || letter === ']')) {
      ended();
      stack.pop();
    } else if (top && letter === ',') {
      ended();
      top.key = undefined;
      from = at + 1;
    } else if (top?.isMap && top.key === undefined && letter === ':' && /\s|^$/.test(before.charAt(at + 1))) {
      top.key = scalarOf(before.slice(from, at));
      from = at + 1;
    }
  }
  while (before.charAt(from) === ' ') from++;
  const inner = stack.map(({ isMap, key }) => (isMap ? key : ITEM)).filter((key) => key !== undefined);
  const top = stack.at(-1);
  return {
    path: [...path, ...inner],
    what: top?.isMap && top.key === undefined ? 'key' : 'value',
    word: before.slice(from),
    from,
    mappings: [...mappings, ...stack.filter(({ isMap }) => isMap).map(({ fields }) => fields)],
  };
}

/** Ids that a section at the top of the file declares. */
export function idsIn(lines: readonly string[], section: string): readonly string[] {
  const first = lines.findIndex((line) => line.startsWith(`${section}:`)) + 1;
  if (first === 0) return [];
  const ids: string[] = [];
  let indent: number | undefined;
  for (const line of lines.slice(first)) {
    const [step] = stepsOf(line);
    if (step?.key === undefined) continue;
    if (step.indent === 0) break;
    indent ??= step.indent;
    if (step.indent === indent) ids.push(step.key);
  }
  return ids;
}

/**
 * Line of a key in a text, by the keys that lead there; of the last one that is found.
 * @returns its number, 0 the first; undefined where not even the first key is there
 */
export function lineOf(lines: readonly string[], path: readonly string[]): number | undefined {
  let found: On | undefined;
  for (const key of path) {
    const next = childOf(lines, found, key);
    if (!next) break;
    found = next;
  }
  return found?.line;
}

function childOf(lines: readonly string[], parent: On | undefined, key: string): On | undefined {
  let indent: number | undefined;
  for (let line = parent ? parent.line + 1 : 0; line < lines.length; line++) {
    const steps = stepsOf(lines[line] as string);
    const [first] = steps;
    if (!first) continue;
    if (parent && first.indent <= parent.step.indent) return undefined;
    indent ??= first.indent;
    const step = steps.find((one) => one.key === key && one.indent === indent);
    if (step) return { step, line };
  }
  return undefined;
}
