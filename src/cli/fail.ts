import { red } from '#cli/text.ts';
import { Fault, messageOf } from '#kernel/fault.ts';

/** Exit codes, as docs/command-line.md names them. */
export const Exit = {
  failed: 1,
  invalid: 2,
  noSite: 3,
  /** Of `backtest` alone, which asks no running site. */
  differs: 3,
} as const;

/** What went wrong, for people: the message, then what to do. A stack only for what nobody foresaw. */
export function failWith(error: unknown): void {
  if (error instanceof Fault) {
    const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
    process.stderr.write(`${red('error')}: ${error.message} (${error.code})${hint}\n`);
  } else {
    process.stderr.write(`${red('error')}: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}

/** A file that a command should make. */
export function notWritten(file: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('cli.not-written', `cannot write ${file}: ${messageOf(error)}`, {
    retry: 'never',
    hint: 'make room, or name another file',
    cause: error,
  });
}

/** A table of history that is refused as a whole. */
const TABLE: ReadonlySet<string> = new Set([
  'exchange.ambiguous-time',
  'exchange.no-table',
  'exchange.no-time',
  'exchange.no-zone',
  'exchange.unknown-tags',
]);
/** What was typed is wrong, though it is no option. */
const USAGE: ReadonlySet<string> = new Set([
  'asset.no-change',
  'asset.no-reason',
  'discover.range',
  'history.expression',
  'hub.token-form',
  'maintenance.no-reason',
  'tags.unreadable',
]);

export function exitCode(error: unknown): number {
  if (!(error instanceof Fault)) return Exit.failed;
  if (error.code === 'cli.no-site') return Exit.noSite;
  const wrongly = error.code.endsWith('.usage') || USAGE.has(error.code) || TABLE.has(error.code);
  return error.code.startsWith('site.') || wrongly ? Exit.invalid : Exit.failed;
}
