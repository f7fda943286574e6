import { type Batch, wideAt } from '#kernel/batch.ts';
import { valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';
import type { TagInfo } from '#kernel/tag-table.ts';

/**
 * One row as JSON: `{"value": …, "time": RFC 3339 with µs, "quality": name}`. 64-bit integers are decimal text, always,
 * so that no reader rounds them to a double; bytes are base64; what is no number (NaN of a bad row) is null.
 */
export function payloadOf(batch: Batch, row: number, type: TagInfo['type']): string {
  const time = timeText(batch.timeUs[row] as number);
  const quality = qualityName(batch.quality[row] as number);
  return `{"value":${valueText(batch, row, type)},"time":${time},"quality":"${quality}"}`;
}

function valueText(batch: Batch, row: number, type: TagInfo['type']): string {
  const wide = wideAt(batch, row);
  if (wide !== undefined) return JSON.stringify(valueToJson(wide));
  const value = batch.value[row] as number;
  if (!Number.isFinite(value)) return 'null';
  if (type === 'boolean' && (value === 0 || value === 1)) return value === 1 ? 'true' : 'false';
  if (type === 'int64') return `"${Number.isInteger(value) ? BigInt(value) : value}"`;
  return String(value);
}

/** Beyond it JavaScript has no dates: ±100 million days. */
const LAST_US = 8.64e18;

/** The text of the second that was asked for last, which most often is the next one's as well: dates are slow to write. */
let secondS = Number.NaN;
let secondText = '';

function timeText(timeUs: number): string {
  if (!(Math.abs(timeUs) <= LAST_US)) return 'null';
  const s = Math.floor(timeUs / 1e6);
  if (s !== secondS) {
    secondS = s;
    secondText = new Date(s * 1000).toISOString().slice(0, -'000Z'.length);
  }
  // Of times so far off that a double holds no µs any more the division may give the second behind.
  const us = Math.max(0, Math.floor(timeUs - s * 1e6));
  return `"${secondText}${String(us).padStart(6, '0')}Z"`;
}
