import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { span } from '#cli/moment.ts';
import { pastOf } from '#cli/past.ts';
import { valueText } from '#cli/text.ts';
import type { Json, Series } from '#contract/client.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { qualityName } from '#kernel/quality.ts';

export interface ExportOptions {
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly output?: string;
  readonly format: 'csv' | 'ndjson';
  readonly data?: string;
}

/** Every sample of some tags as a table, a line each; streamed, so that it may be longer than the memory. */
export async function exportHistory(tags: readonly string[], options: ExportOptions): Promise<void> {
  const nowUs = Date.now() * 1000;
  const { fromUs = 0, toUs = nowUs } = span(options, nowUs);
  const { output, format } = options;
  await using past = await pastOf(options.data);
  const { api } = past;
  const written = { rows: 0 };
  const parts = api.historyRaw({ tag: tags, from: String(fromUs), to: String(toUs) });
  const text = Readable.from(textOf(parts, format, written));
  if (output === undefined) return await pipeline(text, process.stdout, { end: false });
  await pipeline(text, createWriteStream(output)).catch((error) => {
    if (error instanceof Fault) throw error;
    throw new Fault('cli.not-written', `cannot write ${output}: ${messageOf(error)}`, {
      retry: 'never',
      hint: 'make room, or name another file',
    });
  });
  process.stderr.write(`${written.rows} samples written to ${output}\n`);
}

async function* textOf(
  parts: AsyncIterable<Series>,
  format: ExportOptions['format'],
  written: { rows: number },
): AsyncIterable<string> {
  if (format === 'csv') yield 'tag,time,value,quality\n';
  for await (const { tag, timeUs, value, quality } of parts) {
    written.rows += timeUs.length;
    const lines = timeUs.map((us, i) => {
      const row = {
        tag,
        time: timeText(us),
        value: value[i] ?? null,
        quality: qualityName(quality[i] ?? 0),
      };
      return format === 'ndjson' ? JSON.stringify(row) : csvLine(row);
    });
    yield `${lines.join('\n')}\n`;
  }
}

const csvLine = ({
  tag,
  time,
  value,
  quality,
}: {
  tag: string;
  time: string;
  value: Json;
  quality: string;
}) => `${tag},${time},${csv(value === null ? '' : plain(value))},${quality}`;

/** To the µs: sources tell samples apart by them. */
function timeText(us: number): string {
  const rest = Math.round(us % 1000);
  return `${new Date(Math.floor(us / 1000)).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

const plain = (value: Json): string => (typeof value === 'number' ? String(value) : valueText(value));

const csv = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
