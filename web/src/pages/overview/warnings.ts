import type { SiteStatus } from '#contract/client.ts';

export interface Warning {
  readonly what: string;
  readonly hint: string;
}

/** What is wrong with the site itself, as against its machines, and what to do about it. */
export function warningsOf(status: SiteStatus): readonly Warning[] {
  const { journal, historian, config, access, restored, notices, clockJumps } = status;
  const found: Warning[] = [];
  const add = (isSo: unknown, what: string, hint: string) => {
    if (isSo) found.push({ what, hint });
  };
  for (const fault of [journal.fault, historian?.fault])
    if (fault) add(true, fault.message, fault.hint ?? '');
  add(journal.lostRows > 0, `${journal.lostRows} rows were lost`, 'The gaps name their tags and times.');
  const { refused } = config;
  const errors = refused?.problems.length ?? 0;
  add(
    refused,
    `The site file that lies there is not what runs: ${errors} ${errors === 1 ? 'error' : 'errors'}`,
    'holdfast check names them.',
  );
  add(
    config.lastGoodUs !== undefined,
    'The last good site file runs',
    'The one in place could not be used when the site started.',
  );
  add(
    access?.breakGlass === 'used',
    'The break-glass code has been used',
    'Find out why, and make a new one: holdfast users break-glass',
  );
  add(access?.damage, 'Nobody can sign in any more', access?.damage ?? '');
  add(
    restored,
    'The site came out of a backup',
    'Nobody has looked since at what may be old: holdfast status',
  );
  add(notices.failed > 0, `${notices.failed} notices could not be delivered`, 'Somebody was not told.');
  add(
    clockJumps > 0,
    `The clock jumped ${clockJumps === 1 ? 'once' : `${clockJumps} times`}`,
    'Durations went on all the same.',
  );
  return found;
}
