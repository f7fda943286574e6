import { join } from 'node:path';
import type { Asked } from '#contract/routes/table.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { type ImportAsked, type ImportHost, type ImportLine, importHistory } from '#edge/history-import.ts';
import type { Site } from '#edge/site.ts';
import { durable } from '#edge/writes.ts';
import type { ExportFormat } from '#exchange/export.ts';
import { exportAside } from '#exchange/exporting.ts';
import type { ImportFile } from '#exchange/importing.ts';
import type { HistoryDirs } from '#historian/reading/past.ts';
import { Fault } from '#kernel/fault.ts';

const TYPES: { readonly [format in ExportFormat]: string } = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
};

/** The history in these folders as a file. */
export function exportHandler(dirs: () => HistoryDirs, nowUs: () => number): Handlers['historyExport'] {
  return ({ query: { tag: tags, from = 0, to, ...query } }, signal) => {
    const asked = { ...query, tags, fromUs: from, toUs: to ?? nowUs() };
    return {
      type: TYPES[query.format],
      name: `history.${query.format}`,
      bytes: exportAside(dirs(), asked, signal),
    };
  };
}

/** History as files. They are read and written in threads of their own: decisions go on meanwhile. */
export function exchangeHandlers(site: Site): Pick<Handlers, 'historyExport' | 'historyImport'> {
  let isBusy = false;
  return {
    historyExport: exportHandler(
      () => site.history.dirs,
      () => site.core.clock.nowUs(),
    ),
    async *historyImport({ query, body }, signal, { caller }) {
      if (isBusy)
        throw new Fault('exchange.busy', 'another file is being imported', { hint: 'wait for its end' });
      isBusy = true;
      try {
        const format = body.type === 'text/csv' ? 'csv' : 'parquet';
        const spool = join(site.history.dirs.dir, 'import.tmp');
        // The command line alone knows the user of the box; everybody else is who signed in.
        const asked = importOf(caller.via === 'local' ? query : { ...query, by: caller.name });
        const file: ImportFile = { format, bytes: body.bytes, spool };
        yield* importHistory(hostOf(site), asked, file, signal) as AsyncIterable<ImportLine>;
      } finally {
        isBusy = false;
        // Whoever sends goes on sending: an answer before its end must not break the connection.
        drain(body.bytes);
      }
    },
  };
}

function drain(bytes: AsyncIterable<Uint8Array>): void {
  (async () => {
    for await (const _ of bytes);
  })().catch(() => {}); // it had ended, or was cut off
}

function hostOf(site: Site): ImportHost {
  const { core, history, blueprint } = site;
  return {
    blueprint,
    historian: history.historian,
    nowUs: core.clock.nowUs(),
    async event(event) {
      core.path.event({ ...event, timeUs: core.clock.nowUs() });
      await durable(core.journal);
    },
  };
}

function importOf({ name, by, why, map, skip, ...rest }: Asked<'historyImport'>['query']): ImportAsked {
  const pairs = map.map((one) => {
    const at = one.lastIndexOf('=');
    if (at > 0) return [one.slice(0, at), one.slice(at + 1)] as const;
    throw new Fault('exchange.usage', `map ${one}: no NAME=PATH`, { retry: 'never' });
  });
  return { name, by, why, options: { ...rest, map: new Map(pairs), skip: new Set(skip) } };
}
