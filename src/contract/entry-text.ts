import { Document, type Node, stringify, type ToStringOptions, visit } from 'yaml';

/** Longest line of an entry that stands in one. */
const WIDTH = 110;

/** A node in braces and brackets, each text in one line. */
export function flowNode(value: unknown): Node {
  const node = new Document().createNode(value, { flow: true, aliasDuplicateObjects: false });
  visit(node, {
    Scalar(_, scalar) {
      // YAML trims plain texts by blanks and tabs only; every reader of lines by far more.
      if (typeof scalar.value === 'string' && /[\p{C}\p{Zl}\p{Zp}]|^\s|\s$/u.test(scalar.value))
        scalar.type = 'QUOTE_DOUBLE';
      // With all its digits a large number would be read as one that cannot be kept.
      if (Number.isInteger(scalar.value) && !Number.isSafeInteger(scalar.value)) scalar.format = 'EXP';
    },
    Collection(_, collection) {
      collection.flow = true;
    },
  });
  return node as Node;
}

/** No line is broken but where it was. */
export const AS_IT_IS: ToStringOptions = { lineWidth: 0, doubleQuotedMinMultiLineLength: 1_000_000 };

export const inFlow = (value: unknown): string => stringify(flowNode(value), AS_IT_IS).trimEnd();

export interface EntryText {
  readonly path: string;
  readonly entry: { readonly [field: string]: unknown };
  /** Behind the path, for people. */
  readonly comment?: string | undefined;
}

/** A tag entry as people write it: in one line where it fits, otherwise a line a field. */
export function entryText({ path, entry, comment }: EntryText, indent = '  '): string {
  const said = comment === undefined ? '' : ` # ${oneLine(comment)}`;
  const key = inFlow(path); // quoted where YAML has another meaning for it: null, true
  const short = `${indent}${key}: ${inFlow(entry)}`;
  if (short.length + said.length <= WIDTH && !short.includes('\n')) return `${short}${said}\n`;
  const fields = Object.entries(entry).map(([field, value]) => `${indent}  ${field}: ${inFlow(value)}\n`);
  return `${indent}${key}:${said}\n${fields.join('')}`;
}

const oneLine = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 180);
