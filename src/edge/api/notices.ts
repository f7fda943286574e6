import type { NoticesStatus } from '#contract/api.ts';
import type { NOTICE_ROUTES } from '#contract/routes/notices.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';
import { type Caller, isWithin } from '#kernel/rights.ts';

/** Who was not told of an alarm yet, and whose notices are held back. */
export function noticeHandlers(site: Site): Pick<Handlers, keyof typeof NOTICE_ROUTES> {
  const desk = () => {
    if (site.notices) return site.notices;
    throw new Fault('notices.shadow', 'a shadow tells nobody', { retry: 'never' });
  };
  return {
    notices: (_asked, _signal, { caller }) => seenBy(caller, desk().status()),
    async maintain({ body: { asset, forMin, why, by } }, _signal, { caller }) {
      desk().maintain(asset, forMin, by, why);
      await site.durable();
      return seenBy(caller, desk().status());
    },
  };
}

const seenBy = (
  { areas }: Caller,
  { waiting, coming, failed, maintenance, ...rest }: NoticesStatus,
): NoticesStatus => ({
  ...rest,
  waiting: waiting.filter(({ alarm }) => isWithin(areas, alarm)),
  coming: coming.filter(({ alarm }) => isWithin(areas, alarm)),
  failed: failed.filter(({ alarm }) => isWithin(areas, alarm)),
  maintenance: maintenance.filter(({ asset }) => isWithin(areas, asset)),
});
