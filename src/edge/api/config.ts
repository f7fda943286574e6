import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { type ConfigEntry, ConfigRequest, MOST_CONFIG_BYTES } from '#contract/api.ts';
import { configVersions } from '#edge/config-history.ts';
import type { Configuration } from '#edge/configuration.ts';
import type { Site } from '#edge/site.ts';

const Page = z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) });

/** What runs, what ran before, and how to go over to another site file. */
export function addConfig(app: FastifyInstance, site: Site, configuration: Configuration): void {
  app.get('/api/config', async () => ({ ...site.status().config, text: site.blueprint.text }));
  app.get('/api/config/history', async (request) => {
    const { limit } = Page.parse(request.query);
    const entries: ConfigEntry[] = [];
    await site.durable();
    for await (const { text: _, ...entry } of configVersions(site.journalDir)) {
      entries.push(entry);
      if (entries.length > limit) entries.shift();
    }
    return entries;
  });
  // JSON may write a character as six.
  const options = { bodyLimit: MOST_CONFIG_BYTES * 2 };
  app.post('/api/config/apply', options, async (request) => {
    const { text, by, why, undoes } = ConfigRequest.parse(request.body ?? {});
    const cause = { by: `api:${by}`, why, undoes };
    const applied =
      text === undefined ? await configuration.applyFile(cause) : await configuration.applyText(text, cause);
    await site.durable();
    return applied;
  });
}
