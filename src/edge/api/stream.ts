import type { FastifyInstance } from 'fastify';
import { StreamQuery } from '#contract/routes/requests.ts';
import { ROUTES } from '#contract/routes/table.ts';
import { checked } from '#edge/api/answer.ts';
import { eventView } from '#edge/api/event-log.ts';
import { tagValue } from '#edge/api/tag-value.ts';
import type { Site } from '#edge/site.ts';
import type { SiteEvent } from '#kernel/event.ts';
import type { Tag } from '#kernel/tag-table.ts';

/**
 * Live values and events as Server-Sent Events. Each client gets only what it asked for, the newest value of a tag
 * each period, and nothing while its connection is full: a slow client costs no memory.
 */
export function addStream(app: FastifyInstance, site: Site): void {
  app.get(ROUTES.stream.path, { exposeHeadRoute: false }, (request, reply) => {
    const { prefix, tag, kind, everyMs } = checked(StreamQuery, 'query', request.query);
    const { core } = site;
    reply.hijack();
    const out = reply.raw;
    out.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    let version = -1;
    let seenEvent = core.recent.count;
    const tags = new Set(tag);
    const isWanted = ({ path }: Tag) => path.startsWith(prefix) && (tag === undefined || tags.has(path));
    const isTold = (event: SiteEvent) => kind?.includes(event.kind) ?? true;
    const send = (name: string, data: unknown) =>
      out.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const push = () => {
      if (out.writableNeedDrain) return;
      const events = core.recent.after(seenEvent, Number.POSITIVE_INFINITY);
      seenEvent = events.at(-1)?.id ?? seenEvent;
      const told = events.filter(({ event }) => isTold(event));
      if (told.length > 0) send('events', told.map(eventView));
      const isNew = ({ number }: Tag) => version < 0 || core.values.changedSince(number, version);
      const changed = [...site.tags()].filter((one) => isWanted(one) && isNew(one));
      version = core.values.version;
      if (changed.length === 0) out.write(': \n\n');
      else
        send(
          'values',
          changed.map((one) => tagValue(core, one)),
        );
    };
    push();
    const timer = setInterval(push, everyMs);
    out.on('close', () => clearInterval(timer));
  });
}
