import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { BrowseFault } from '#contract/found.ts';
import { configuredAt, foundView } from '#edge/found.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

const Query = z.object({
  from: z.string().min(1).optional(),
  // Clients give up a connection on which nothing comes for five minutes.
  forMs: z.coerce.number().int().min(100).max(240_000).optional(),
});

/**
 * What there is at a source, through its own session, one JSON object a line as it is found. Hanging up ends the search;
 * a client that reads slowly slows it down.
 */
export function addBrowse(app: FastifyInstance, site: Site): void {
  app.get<{ Params: { id: string } }>('/api/sources/:id/browse', async (request, reply) => {
    const { from, forMs } = Query.parse(request.query);
    const source = site.source(request.params.id);
    const gone = new AbortController();
    const all = source.browse(from, gone.signal, forMs);
    const configured = configuredAt(source.points);
    reply.hijack();
    const out = reply.raw;
    out.on('close', () => gone.abort());
    out.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    out.flushHeaders();
    try {
      for await (const found of all) {
        const line = JSON.stringify(foundView(found, configured));
        if (!out.write(`${line}\n`)) await once(out, 'drain', { signal: gone.signal });
      }
    } catch (error) {
      const { code, message, hint } = Fault.from(error, 'source.browse', `source ${source.id}`);
      const fault: BrowseFault = { fault: { code, message, hint } };
      if (!gone.signal.aborted) out.write(`${JSON.stringify(fault)}\n`);
    }
    out.end();
  });
}
