import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { eventView } from '#edge/api/routes.ts';
import { tagValue } from '#edge/api/tag-value.ts';
import type { Site } from '#edge/site.ts';

const Query = z.object({
  prefix: z.string().default(''),
  everyMs: z.coerce.number().int().min(100).max(60_000).default(500),
});

/**
 * Live values and events as Server-Sent Events. Each client gets only what it asked for, the newest value of a tag
 * each period, and nothing while its connection is full: a slow client costs no memory.
 */
export function addStream(app: FastifyInstance, site: Site): void {
  app.get('/api/stream', (request, reply) => {
    const { prefix, everyMs } = Query.parse(request.query);
    const { core } = site;
    reply.hijack();
    const out = reply.raw;
    out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let version = -1;
    let seenEvent = core.recent.count;
    const send = (name: string, data: unknown) =>
      out.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const push = () => {
      if (out.writableNeedDrain) return;
      const events = core.recent.after(seenEvent, Number.POSITIVE_INFINITY);
      seenEvent = events.at(-1)?.id ?? seenEvent;
      if (events.length > 0) send('events', events.map(eventView));
      const changed = [...site.tags()].filter(
        (tag) =>
          tag.path.startsWith(prefix) && (version < 0 || core.values.changedSince(tag.number, version)),
      );
      version = core.values.version;
      if (changed.length > 0)
        send(
          'values',
          changed.map((tag) => tagValue(core, tag)),
        );
      else out.write(': \n\n');
    };
    push();
    const timer = setInterval(push, everyMs);
    out.on('close', () => clearInterval(timer));
  });
}
