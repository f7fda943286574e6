import { duration } from '#cli/duration.ts';
import { Fault } from '#kernel/fault.ts';

/**
 * A moment as people write it: `2026-11-28T14:00`, `2026-11-28` (UTC unless it says a zone), or `2h` for so long ago.
 * @returns µs since 1970 @throws Fault `cli.usage`
 */
export function moment(text: string, option: string, nowUs: number): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) {
    const days = /^([\d.]+)d$/.exec(text);
    const ms = days?.[1] ? Number(days[1]) * 86_400_000 : duration(text, option);
    return nowUs - ms * 1000;
  }
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T');
  const ms = Date.parse(zoned ? text : `${text}Z`);
  if (Number.isFinite(ms)) return ms * 1000;
  throw new Fault('cli.usage', `${option} ${text}: not a time`, {
    retry: 'never',
    hint: 'write 2026-11-28T14:00 (UTC), 2026-11-28T14:00+01:00, or 2h for two hours ago',
  });
}
