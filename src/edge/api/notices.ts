import type { NOTICE_ROUTES } from '#contract/routes/notices.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { noticesFor } from '#edge/api/sight.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

/** Who was not told of an alarm yet, and whose notices are held back. */
export function noticeHandlers(site: Site): Pick<Handlers, keyof typeof NOTICE_ROUTES> {
  const desk = () => {
    if (site.notices) return site.notices;
    throw new Fault('notices.shadow', 'a shadow tells nobody', { retry: 'never' });
  };
  return {
    notices: (_asked, _signal, { caller }) => noticesFor(caller, desk().status()),
    async maintain({ body: { asset, forMin, why, by } }, _signal, { caller }) {
      desk().maintain(asset, forMin, by, why);
      await site.durable();
      return noticesFor(caller, desk().status());
    },
  };
}
