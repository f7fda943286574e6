import type { REPLAY_ROUTES } from '#contract/routes/replay.ts';
import { described } from '#edge/api/described.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { siteChanges } from '#edge/change.ts';
import { changeLine } from '#edge/change-text.ts';
import { checkAside } from '#edge/check-aside.ts';
import { digestOf } from '#edge/config-record.ts';
import { backtestAside, verifyAside } from '#edge/replay/aside.ts';
import { Shared } from '#edge/replay/shared.ts';
import { SILENT } from '#edge/silent-log.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

/** What a site file would do, and whether the record is whole. Nothing here changes anything. */
export function replayHandlers(site: Site, version: string): Pick<Handlers, keyof typeof REPLAY_ROUTES> {
  const { dataDir } = site;
  let isBusy = false;
  const audit = new Shared(async (signal) => {
    await site.durable();
    return await verifyAside(dataDir, signal);
  });
  return {
    siteSchema: described({ what: 'site-file', version }),
    async checkConfig({ body: { text } }) {
      const { blueprint, problems } = await checkAside(text, SILENT);
      const changes = blueprint && siteChanges(site.blueprint, blueprint);
      return { digest: digestOf(text), problems, changes, lines: changes?.map(changeLine) };
    },
    async *backtest({ body: { text, from, to, ...asked } }, signal) {
      if (isBusy)
        throw new Fault('backtest.busy', 'another back-test is running', {
          hint: 'wait for its end, or end it',
        });
      isBusy = true;
      try {
        // What was decided until now is part of the past.
        await site.durable();
        yield* backtestAside(
          {
            dataDir,
            text,
            name: text === undefined ? 'the files of then' : 'the file to try',
            against: asked.against,
            past: asked.past,
            fromUs: from,
            toUs: to,
            warmUpUs: asked.warmUpMs * 1000,
          },
          signal,
        );
      } finally {
        isBusy = false;
      }
    },
    auditCheck: (_asked, signal) => audit.join(signal),
  };
}
