import { SiteClient } from '#cli/client.ts';
import { Exit } from '#cli/fail.ts';
import { dim, red, table, yellow } from '#cli/text.ts';
import type { Autonomy } from '#contract/client.ts';

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

/** How long the site would bear to be left alone. Ends with status 1 where that is less than its file asks for. */
export async function autonomy({ data, json }: Options): Promise<void> {
  const budget = await (await SiteClient.find(data)).api.autonomy();
  process.stdout.write(`${json ? JSON.stringify(budget, null, 2) : text(budget)}\n`);
  if (budget.isLow) process.exitCode = Exit.failed;
}

/** In one line. */
export function autonomyText({ days, first, leastDays, isLow, unknown }: Omit<Autonomy, 'lines'>): string {
  const open = unknown === 0 ? '' : `, ${unknown} unknown`;
  if (days === undefined || !first) return `no end is known${open}`;
  const said = `${dayText(days)} (${first.reason} ${first.subject})${open}`;
  return isLow ? red(`${said}: less than the ${leastDays} days asked for`) : said;
}

function text(budget: Autonomy): string {
  const rows = budget.lines.map(({ state, days, reason, subject, effect, why, counts }) => {
    const left = state === 'ends' ? dayText(days ?? 0) : state;
    const shown = state === 'unknown' && counts ? yellow(left) : left;
    return [counts ? shown : dim(shown), reason, subject, `${why}; then: ${effect}`];
  });
  return `alone ${autonomyText(budget)}\n\n${table(['left', 'reason', 'of', 'why, and what happens then'], rows)}`;
}

function dayText(days: number): string {
  if (days >= 10 * 365.25) return `${Math.round(days / 365.25)} years`;
  return days >= 10 ? `${Math.floor(days)} days` : `${days.toFixed(1)} days`;
}
