import { type CellKind, kindOf } from '#contract/tag-columns.ts';
import { truthOf } from '#contract/truth.ts';

/** How numbers are written: German and many other spreadsheets write a comma. */
export type Decimal = '.' | ',';

/** What a spreadsheet would take for a formula, and a text that begins with the mark that keeps it from that. */
const FORMULA = /^[=+\-@\t\r']/;
const SHIELDED = /^'[=+\-@\t\r']/;

/**
 * The text of a cell. A text that would read as something else stands in quotes, as JSON; one that a spreadsheet would
 * run as a formula has an apostrophe in front.
 */
export function cellText(value: unknown, kind: CellKind, decimal: Decimal): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return numberText(value, decimal);
  if (typeof value === 'boolean') return String(value);
  if (kind === 'states' && isStates(value)) return shielded(statesText(value));
  if (typeof value !== 'string') return JSON.stringify(value);
  return shielded(isPlain(value, kind) ? value : JSON.stringify(value));
}

const shielded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

const numberText = (value: number, decimal: Decimal): string => String(value).replace('.', decimal);

/** Whether the text comes back as it is. */
function isPlain(text: string, kind: CellKind): boolean {
  if (text === '' || text !== text.trim() || text.startsWith('"') || /[^\P{C}\n]/u.test(text)) return false;
  if (kind === 'text') return true;
  return !looksElse(text);
}

/** Where a column may hold anything: text that reads as a number, a truth value, a list or a map. */
const looksElse = (text: string): boolean =>
  asNumber(text, ',') !== undefined || /^(true|false|null)$/i.test(text) || /^[[{]/.test(text);

function asNumber(text: string, decimal: Decimal): number | undefined {
  const dotted = decimal === ',' && /^[-+]?\d+,\d+(e[-+]?\d+)?$/i.test(text) ? text.replace(',', '.') : text;
  if (!/^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(dotted)) return undefined;
  const value = Number(dotted);
  return Number.isFinite(value) ? value : undefined;
}

export interface ReadCell {
  readonly value: unknown;
  /** The same as text, where the cell may mean either: the schema of the address decides. */
  readonly orText?: string;
}

/** @returns what is wrong with it, as text; undefined value for an empty one */
export function readCell(cell: string, column: string, decimal: Decimal): ReadCell | string {
  const kind = kindOf(column) ?? 'any';
  const trimmed = cell.trim();
  if (trimmed === '') return { value: undefined };
  const text = SHIELDED.test(trimmed) ? trimmed.slice(1) : trimmed;
  if (kind === 'number') return numberOf(text, decimal);
  if (kind === 'boolean') {
    const value = truthOf(text);
    return value === undefined ? `${text} is neither true nor false` : { value };
  }
  if (text.startsWith('"') && text.length > 1 && text.endsWith('"')) {
    const quoted = parsed(text);
    if (typeof quoted === 'string') return { value: quoted };
  }
  if (kind === 'states') return statesOf(text);
  if (kind === 'text') return { value: text };
  if (/^[[{]/.test(text)) {
    const value = parsed(text);
    return value === undefined ? { value: text } : { value, orText: text };
  }
  const value = asNumber(text, decimal) ?? WORDS.get(text.toLowerCase());
  return value === undefined ? { value: text } : { value, orText: text };
}

const WORDS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function numberOf(text: string, decimal: Decimal): ReadCell | string {
  const value = asNumber(text, decimal);
  if (value !== undefined) return { value };
  return decimal === '.' && asNumber(text, ',') !== undefined
    ? `${text} is no number here: write ${text.replace(',', '.')}, or separate the cells by ;`
    : `${text} is no number`;
}

type States = { readonly [code: string]: string };

const isStates = (value: unknown): value is States =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((name) => typeof name === 'string');

/** `0=off; 1=running`; as JSON where a name has one of these characters. */
function statesText(states: States): string {
  const all = Object.entries(states);
  const isSimple =
    all.length > 0 &&
    all.every(([code, name]) => /^\d+$/.test(code) && /^[^;="'\s]([^;=\p{C}]*[^;=\s\p{C}])?$/u.test(name));
  return isSimple ? all.map(([code, name]) => `${code}=${name}`).join('; ') : JSON.stringify(states);
}

function statesOf(text: string): ReadCell | string {
  if (text.startsWith('{')) {
    const value = parsed(text);
    return isStates(value) ? { value } : `${text} is no map of codes and names`;
  }
  const states: { [code: string]: string } = {};
  for (const part of text.split(';')) {
    const match = /^\s*(\d+)\s*=\s*(.*?)\s*$/s.exec(part);
    if (!match?.[1] || !match[2]) return `${part.trim() || text} names no state: write 0=off; 1=running`;
    if (Object.hasOwn(states, match[1])) return `the code ${match[1]} is given twice`;
    states[match[1]] = match[2];
  }
  return { value: states };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
