import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notWritten } from '#cli/fail.ts';
import { span } from '#cli/moment.ts';
import { pastOf } from '#cli/past.ts';
import { bytes } from '#cli/text.ts';
import type { HistoryExportQuery } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

type Format = NonNullable<HistoryExportQuery['format']>;

export interface ExportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly output?: string;
  readonly format?: Format;
  readonly form: 'long' | 'wide';
  readonly valuesOnly?: boolean;
  readonly data?: string;
}

/** Every sample of some tags as a file; streamed, so that it may be longer than the memory. */
export async function exportHistory(tags: readonly string[], options: ExportOptions): Promise<void> {
  const { output } = options;
  const format = options.format ?? formatOf(output);
  if (format === 'parquet' && output === undefined && process.stdout.isTTY)
    throw new Fault('cli.usage', 'Parquet is nothing for a terminal', {
      hint: 'name a file: -o history.parquet',
    });
  const nowUs = Date.now() * 1000;
  const { fromUs = 0, toUs = nowUs } = span(options, nowUs);
  const { form, valuesOnly, data } = options;
  await using past = await pastOf(data);
  const times = { from: String(fromUs), to: String(toUs) };
  const query = { tag: tags, ...times, format, form, ...(valuesOnly && { valuesOnly: 'true' as const }) };
  const parts = past.api.historyExport(query);
  if (output === undefined) return await pipeline(Readable.from(parts), process.stdout, { end: false });
  const written = await writeWhole(output, parts);
  process.stderr.write(`${bytes(written)} written to ${output}\n`);
}

const FORMATS: { readonly [extension: string]: Format } = {
  '.parquet': 'parquet',
  '.pq': 'parquet',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

const formatOf = (output: string | undefined): Format =>
  FORMATS[extname(output ?? '').toLowerCase()] ?? 'csv';

/** A file that breaks off never has the name of a whole one. @returns its bytes */
async function writeWhole(output: string, parts: AsyncIterable<Uint8Array>): Promise<number> {
  const draft = `${output}.part`;
  const file = createWriteStream(draft);
  try {
    await pipeline(Readable.from(parts), file);
    await rename(draft, output);
    return file.bytesWritten;
  } catch (error) {
    await rm(draft, { force: true });
    throw notWritten(output, error);
  }
}
