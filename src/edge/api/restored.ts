import type { FastifyInstance } from 'fastify';
import { RestoreChecked } from '#contract/api.ts';
import type { Site } from '#edge/site.ts';

/** Somebody has looked at what came out of a backup and may be old. */
export function addRestored(app: FastifyInstance, site: Site): void {
  app.post('/api/restored', async (request) => {
    const { by } = RestoreChecked.parse(request.body);
    site.restored.checked(by);
    await site.durable();
    return { checked: true };
  });
}
