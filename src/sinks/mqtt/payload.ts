import { at, type Batch, wideAt } from '#kernel/batch.ts';
import { valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

/**
 * One row as JSON: `{"value": …, "time": RFC 3339 with µs, "quality": name}`. 64-bit integers are decimal text, always,
 * so that no reader rounds them to a double; bytes are base64; what is no number (NaN of a bad row) is null.
 */
export function payloadOf(batch: Batch, row: number, type: TagInfo['type']): string {
  const time = timeText(at(batch.timeUs, row));
  const quality = qualityName(at(batch.quality, row));
  return `{"value":${valueText(batch, row, type)},"time":${time},"quality":"${quality}"}`;
}

function valueText(batch: Batch, row: number, type: TagInfo['type']): string {
  const wide = wideAt(batch, row);
  if (wide !== undefined) return JSON.stringify(valueToJson(wide));
  const value = at(batch.value, row);
  if (!Number.isFinite(value)) return 'null';
  if (type === 'boolean' && (value === 0 || value === 1)) return value === 1 ? 'true' : 'false';
  if (type === 'int64') return `"${Number.isInteger(value) ? BigInt(value) : value}"`;
  return JSON.stringify(value);
}

/** Beyond it JavaScript has no dates: ±100 million days. */
const LAST_US = 8.64e18;

function timeText(timeUs: number): string {
  if (!(Math.abs(timeUs) <= LAST_US)) return 'null';
  const ms = Math.floor(timeUs / 1000);
  const us = Math.floor(timeUs - ms * 1000);
  return `"${new Date(ms).toISOString().slice(0, -1)}${String(us).padStart(3, '0')}Z"`;
}
