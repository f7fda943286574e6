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

/**
 * The row of a block that follows what a stream has: behind the last line of its last message, where the lines before are those of
 * the message too. A hub that came from a backup gets blocks that begin elsewhere, and no block says which entry a row is of.
 * @param all lines of all rows
 * @param text of the message
 * @param expected row that follows in a block that is cut as before; 0: the block begins there
 * @returns 0 where the line is in no row: all of the block comes after it
 */
export function rowBehind(all: string, text: string, expected: number): number {
  const rows = linesIn(all);
  const had = linesIn(text);
  const agreed = (end: number): number => {
    let n = 0;
    while (n < had.length && n < end && rows[end - 1 - n] === had[had.length - 1 - n]) n++;
    return n;
  };
  if (expected > 0 && agreed(expected) === Math.min(expected, had.length)) return expected;
  let best = { end: 0, lines: 0 };
  for (let end = 1; end <= rows.length; end++) {
    const lines = agreed(end);
    // All of them, as far as there are rows: what only begins alike is something else.
    if (lines === Math.min(end, had.length) && lines > best.lines) best = { end, lines };
  }
  return best.end;
}

const linesIn = (text: string): string[] => (text === '' ? [] : text.trimEnd().split('\n'));

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
