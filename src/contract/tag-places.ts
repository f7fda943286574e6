import { isMap, isScalar, type Node, type Pair, parseDocument } from 'yaml';

/** A place in a site file as the tag and the field that stand there. */
export interface TagPlace {
  readonly path: string;
  /** Below the entry, by dots; empty for the entry itself. */
  readonly field: string;
}

/** Finds the tag entry that a line and column of a site file belong to. */
export function tagPlaces(text: string): (line: number, column: number) => TagPlace | undefined {
  const { contents } = parseDocument(text, { version: '1.2', prettyErrors: false, uniqueKeys: false });
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  return (line, column) => {
    const keys: string[] = [];
    const offset = (starts[line - 1] ?? 0) + column - 1;
    let at: unknown = contents;
    while (isMap(at)) {
      const pair = (at.items as Pair[]).find((one) => covers(one, offset));
      if (!pair) break;
      keys.push(isScalar(pair.key) ? String(pair.key.value) : '');
      at = pair.value;
    }
    const [section, path, ...field] = keys;
    return section === 'tags' && path !== undefined ? { path, field: field.join('.') } : undefined;
  };
}

function covers({ key, value }: Pair, offset: number): boolean {
  const start = (key as Node).range?.[0] ?? 0;
  const end = (value as Node | null)?.range?.[1] ?? (key as Node).range?.[1] ?? 0;
  return start <= offset && offset < Math.max(end, start + 1);
}
