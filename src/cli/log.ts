import pino, { type Logger } from 'pino';
import { clockTime, dim, red, yellow } from '#cli/text.ts';

export interface LogOptions {
  /** Least level that is written. */
  readonly level: string;
  /** What every line says: whose it is. */
  readonly base: { readonly site: string } | { readonly hub: string };
  /** A line of JSON each, on a terminal too. */
  readonly json?: boolean | undefined;
}

/** The log of a site or hub on its standard output: for people where that is a terminal, otherwise a line of JSON each. */
export function programLog({ level, base, json }: LogOptions): Logger {
  const options = { level, base };
  if (json || !process.stdout.isTTY) return pino(options);
  return pino(options, { write: (line) => process.stdout.write(logText(line)) });
}

const LEVELS: { readonly [level: number]: string } = {
  20: dim('debug'),
  30: 'info ',
  40: yellow('warn '),
  50: red('error'),
  60: red('fatal'),
};
/** Columns of a line before its message. */
const INDENT = ' '.repeat(17);

/** A line of the log as people read it: time, level, message, details; a hint, and what else has lines, below. */
export function logText(line: string): string {
  const { time, level, msg, hint, err, site: _, hub: __, ...detail } = JSON.parse(line);
  const details = Object.entries(detail).map(([name, value]) => dim(`${name}=${valueText(value)}`));
  const head = `${clockTime(time * 1000)}  ${LEVELS[level] ?? level}  `;
  const [first = '', ...more] = linesOf(msg);
  const below = [...more, ...linesOf(hint), ...linesOf(err?.stack)].map((text) => `${INDENT}${dim(text)}\n`);
  return `${head}${[first, ...details].join('  ')}\n${below.join('')}`;
}

/** Devices have their say in it: nothing that moves a cursor. */
const plain = (text: string): string => text.replaceAll(/\p{C}+/gu, ' ').trimEnd();

const linesOf = (text: unknown): string[] => (typeof text === 'string' ? text.split('\n').map(plain) : []);

const valueText = (value: unknown): string =>
  plain(typeof value === 'string' && !value.includes(' ') ? value : JSON.stringify(value));
