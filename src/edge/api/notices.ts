import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { NoticesStatus } from '#contract/api.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

const Maintenance = z.strictObject({
  asset: z.string().min(1),
  forMin: z.number().min(0),
  why: z.string().min(1).optional(),
  by: z.string().min(1),
});

/** Who was not told of an alarm yet, and whose notices are held back. */
export function addNotices(app: FastifyInstance, site: Site): void {
  app.get('/api/notices', (): NoticesStatus => desk(site).status());
  app.post('/api/maintenance', async (request): Promise<NoticesStatus> => {
    const { asset, forMin, why, by } = Maintenance.parse(request.body);
    desk(site).maintain(asset, forMin, by, why);
    await site.durable();
    return desk(site).status();
  });
}

function desk({ notices }: Site) {
  if (notices) return notices;
  throw new Fault('notices.shadow', 'a shadow tells nobody', { retry: 'never' });
}
