import { duration } from '#cli/duration.ts';
import { Fault } from '#kernel/fault.ts';

const DATE_TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

const AGO = /^\d+(?:\.\d+)?[a-z]*$/;

/**
 * A time as people write it, in µs since 1970: a date, a date and a time (of this machine's zone, unless another one is
 * named), or how long ago. @throws Fault `cli.usage`
 */
export function moment(text: string, option: string, nowUs = Date.now() * 1000): number {
  if (text === 'now') return nowUs;
  if (AGO.test(text)) return nowUs - duration(text, option) * 1000;
  // A date alone is midnight here, not in Greenwich.
  const full = text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T');
  const us = DATE_TIME.test(text) ? Date.parse(full) * 1000 : Number.NaN;
  if (Number.isFinite(us)) return us;
  throw new Fault('cli.usage', `${option} ${text}: there is no such time`, {
    retry: 'never',
    hint: 'write 2026-11-28, 2026-11-28T10:00:00Z, or 2h for two hours ago',
  });
}

export interface SpanGiven {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly last?: string | undefined;
}

/** What `--from`, `--to` and `--last` mean together; both ends may be open. @throws Fault `cli.usage` */
export function span(
  { from, to, last }: SpanGiven,
  nowUs = Date.now() * 1000,
): { readonly fromUs?: number; readonly toUs?: number } {
  if (from !== undefined && last !== undefined) {
    throw new Fault('cli.usage', '--from and --last say two beginnings', {
      retry: 'never',
      hint: 'give one of them',
    });
  }
  const toUs = to === undefined ? undefined : moment(to, '--to', nowUs);
  const lastUs = last === undefined ? undefined : (toUs ?? nowUs) - duration(last, '--last') * 1000;
  const fromUs = from === undefined ? lastUs : moment(from, '--from', nowUs);
  if (fromUs !== undefined && toUs !== undefined && fromUs >= toUs) {
    throw new Fault('cli.usage', 'the end is not after the beginning', {
      retry: 'never',
      hint: 'look at --from and --to',
    });
  }
  return { ...(fromUs !== undefined && { fromUs }), ...(toUs !== undefined && { toUs }) };
}

/** @throws Fault `cli.usage` */
export function countOf(text: string, option: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Fault('cli.usage', `${option} ${text}: no count`, {
    retry: 'never',
    hint: 'a whole number above 0',
  });
}
