import type { FastifyInstance } from 'fastify';
import type { TagValue } from '#contract/api.ts';
import { StreamQuery } from '#contract/routes/requests.ts';
import { askingOf, NOBODY } from '#edge/api/asking.ts';
import { eventView } from '#edge/api/event-log.ts';
import { addOwnWay } from '#edge/api/own-way.ts';
import { sightOf } from '#edge/api/sight.ts';
import { tagValue } from '#edge/api/tag-value.ts';
import type { Site } from '#edge/site.ts';
import { checked } from '#http/answer.ts';
import type { SiteEvent } from '#kernel/event.ts';
import { isWithin } from '#kernel/rights.ts';
import type { Tag } from '#kernel/tag-table.ts';

/**
 * Live values and events as Server-Sent Events. Each client gets only what it asked for, the newest value of a tag
 * each period, and nothing while its connection is full: a slow client costs no memory.
 */
export function addStream(app: FastifyInstance, site: Site): void {
  addOwnWay(app, 'stream', (request, reply) => {
    const { prefix, tag, kind, everyMs } = checked(StreamQuery, 'query', request.query);
    const { core } = site;
    const { caller } = askingOf(request) ?? { caller: NOBODY };
    const sight = sightOf(caller);
    reply.hijack();
    const out = reply.raw;
    out.writeHead(200, { 'content-type': 'text/event-stream' });
    let version = -1;
    let seenEvent = core.recent.count;
    const named = tag && [...new Set(tag)];
    // A page names what it shows: then nobody walks over all tags of a large site twice a second.
    const candidates = () => (named ? named.flatMap((path) => site.tagAt(path) ?? []) : site.tags());
    const isWanted = ({ path }: Tag) => path.startsWith(prefix) && isWithin(caller.areas, path);
    const isTold = (event: SiteEvent) => (kind?.includes(event.kind) ?? true) && sight.sees(event);
    const send = (name: string, data: unknown) =>
      out.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    const push = () => {
      // Whose rights end sees nothing more: the browser asks anew, and is told why not.
      if (caller.isOver?.()) return void out.end();
      if (out.writableNeedDrain) return;
      const events = core.recent.after(seenEvent, Number.POSITIVE_INFINITY);
      seenEvent = events.at(-1)?.id ?? seenEvent;
      const told = events.filter(({ event }) => isTold(event));
      if (told.length > 0)
        send(
          'events',
          told.map((one) => sight.shown(eventView(one))),
        );
      const isNew = ({ number }: Tag) => version < 0 || core.values.changedSince(number, version);
      const changed: TagValue[] = [];
      for (const one of candidates()) if (isNew(one) && isWanted(one)) changed.push(tagValue(core, one));
      version = core.values.version;
      if (changed.length === 0) out.write(': \n\n');
      else send('values', changed);
    };
    push();
    const timer = setInterval(push, everyMs);
    out.on('close', () => clearInterval(timer));
  });
}
