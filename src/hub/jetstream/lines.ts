import { type Batch, wideAt } from '#kernel/batch.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import { qualityName } from '#kernel/quality.ts';

export interface Piece {
  /** The row that follows its last one. */
  readonly to: number;
  readonly text: string;
}

/**
 * Rows of a block as lines of JSON, one a sample, in pieces of so many bytes at most: docs/formats/stream.md.
 * Lazily: nobody needs all pieces of a large block at once.
 * @param from first row
 * @param nameOf path of a tag; undefined where the hub was never told
 */
export function* pieces(
  site: string,
  batch: Batch,
  from: number,
  mostBytes: number,
  nameOf: (number: number) => string | undefined,
): Generator<Piece> {
  const begins = new Map<number, string>();
  const beginOf = (number: number): string => {
    let begin = begins.get(number);
    if (begin === undefined) {
      const path = nameOf(number);
      const tag = path === undefined ? `"number":${number}` : `"tag":${JSON.stringify(path)}`;
      begin = `{"site":${JSON.stringify(site)},${tag},"timeUs":`;
      begins.set(number, begin);
    }
    return begin;
  };
  let text = '';
  let bytes = 0;
  for (let row = from; row < batch.rows; row++) {
    const line = lineOf(beginOf(batch.tag[row] as number), batch, row, mostBytes);
    const lineBytes = Buffer.byteLength(line);
    if (text !== '' && bytes + lineBytes > mostBytes) {
      yield { to: row, text };
      text = '';
      bytes = 0;
    }
    text += line;
    bytes += lineBytes;
  }
  if (text !== '') yield { to: batch.rows, text };
}

function lineOf(begin: string, batch: Batch, row: number, mostBytes: number): string {
  const quality = qualityName(batch.quality[row] as number);
  const line = (value: string) => `${begin}${batch.timeUs[row]},"value":${value},"quality":"${quality}"}\n`;
  const value = valueText(batch, row);
  const whole = line(value);
  if (whole.length * 3 <= mostBytes || Buffer.byteLength(whole) <= mostBytes) return whole;
  // One value that no message can carry: said so, rather than that all behind it wait for ever.
  return line(`null,"omittedBytes":${Buffer.byteLength(value)}`);
}

function valueText(batch: Batch, row: number): string {
  const plain = batch.value[row] as number;
  if (Number.isFinite(plain)) return String(plain);
  const rich = wideAt(batch, row);
  const json: Json = rich === undefined ? null : valueToJson(rich);
  return JSON.stringify(json);
}
