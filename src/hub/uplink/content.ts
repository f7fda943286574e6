import { crc32 } from 'node:zlib';
import * as z from 'zod';
import { AlarmDefinition } from '#contract/fleet/reports.ts';
import { PAGE_ROWS } from '#journal/api.ts';
import type { Batch } from '#kernel/batch.ts';
import { wideAt } from '#kernel/batch.ts';
import { type Json, valueToJson } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import {
  type EventsMessage,
  eventsIn,
  type HistoryMessage,
  type LiveMessage,
  type PageMessage,
} from '#uplink/messages.ts';
import { type CarriedRows, carriedRows } from '#uplink/rows.ts';
import type {
  AlarmRow,
  EventRow,
  EventsContent,
  GapRow,
  HistoryContent,
  NewestRow,
  PageWork,
  TagRow,
} from './api.ts';
import { plainJson, plainText, wholeUs } from './plain.ts';

/*
 * What a site says, checked and in the shape of the tables. A hub believes no site: whatever is wrong here is a Fault
 * `uplink.malformed`, and ends that site's connection alone.
 */

/** @param isPresent whether nothing later is known of the site's values */
export function historyContent({ upTo, block }: HistoryMessage, isPresent: boolean): HistoryContent {
  const carried = carriedRows(upTo, block);
  const { rows, timeUs } = carried.batch;
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows; i++) {
    const t = timeUs[i] as number;
    if (t < fromUs) fromUs = t;
    if (t > toUs) toUs = t;
  }
  if (rows === 0) throw malformed('a stretch of history has no rows');
  // The bytes are those of the socket.
  const newest = isPresent ? newestOf(carried) : [];
  return {
    kind: 'history',
    rows,
    fromUs: Math.floor(fromUs),
    toUs: Math.ceil(toUs),
    block: block.slice(),
    newest,
  };
}

export function eventsContent(message: EventsMessage): EventsContent {
  const events = eventsIn(message).map(({ seq, body }): EventRow => {
    const event = objectIn(body);
    const isSecurity = event.kind === 'security';
    if (isSecurity !== (message.lane === 'security')) throw malformed(`event ${seq} is of the other lane`);
    const { timeUs, detail, by } = event;
    return {
      seq,
      timeUs: wholeUs(timeUs),
      kind: textOf(event, 'kind'),
      name: textOf(event, 'name'),
      subject: textOf(event, 'subject'),
      by: typeof by === 'string' ? plainText(by) : null,
      detail: detail === undefined ? null : plainJson(detail),
    };
  });
  return { kind: 'events', events };
}

export const newestRows = ({ stamp, block }: LiveMessage): NewestRow[] => newestOf(carriedRows(stamp, block));

/** The last row of each tag that says something of the present. */
export function newestOf({ batch, late }: CarriedRows): NewestRow[] {
  const rows = new Map<number, NewestRow>();
  for (let i = batch.rows - 1; i >= 0; i--) {
    const tag = batch.tag[i] as number;
    if (!late?.[i] && !rows.has(tag)) rows.set(tag, newestRow(batch, i));
  }
  return [...rows.values()];
}

function newestRow(batch: Batch, i: number): NewestRow {
  const wide = wideAt(batch, i);
  return {
    number: batch.tag[i] as number,
    timeUs: wholeUs(batch.timeUs[i]),
    value: batch.value[i] as number,
    wide: wide === undefined ? null : plainJson(valueToJson(wide)),
    quality: batch.quality[i] as number,
  };
}

export function pageContent({
  table,
  page,
  text,
}: PageMessage): Pick<PageWork, 'table' | 'page' | 'crc' | 'rows'> {
  const rows = parsed(text);
  if (!Array.isArray(rows) || rows.length > PAGE_ROWS) throw malformed('a page is no array of up to 64 rows');
  const seen = new Set<number>();
  const read = ROW_OF[table];
  const all = rows.map((row) => {
    const one = read(asObject(row));
    if (Math.floor(one.number / PAGE_ROWS) !== page || seen.has(one.number))
      throw malformed(`row ${one.number} is not one of page ${page}`);
    seen.add(one.number);
    return one;
  });
  return { table, page, crc: crc32(text), rows: all as PageWork['rows'] };
}

/** What the site file says of an alarm, with the number of its row. */
function alarmRow({ number, ...definition }: { readonly [key: string]: Json }): AlarmRow {
  const checked = AlarmDefinition.safeParse(definition);
  if (!checked.success) throw malformed(`an alarm is not one: ${z.prettifyError(checked.error)}`);
  const { id, ...body } = checked.data;
  return { number: wholeOf({ number: number ?? null }, 'number'), id: plainText(id), body: plainJson(body) };
}

function tagRow(row: { readonly [key: string]: Json }): TagRow {
  return { number: wholeOf(row, 'number'), path: textOf(row, 'path'), body: plainJson(row) };
}

function gapRow(row: { readonly [key: string]: Json }): GapRow {
  return {
    number: wholeOf(row, 'id'),
    fromUs: wholeUs(row.fromUs),
    toUs: wholeUs(row.toUs),
    count: row.count === undefined ? null : wholeOf(row, 'count'),
    reason: textOf(row, 'reason'),
    body: plainJson(row),
  };
}

const ROW_OF = { tags: tagRow, gaps: gapRow, alarms: alarmRow } as const;

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw malformed(messageOf(error));
  }
}

const objectIn = (text: string) => asObject(parsed(text));

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as { readonly [key: string]: Json };
  throw malformed('something is no object');
}

function textOf(row: { readonly [key: string]: Json }, key: string): string {
  const value = row[key];
  if (typeof value === 'string') return plainText(value);
  throw malformed(`'${key}' is no text`);
}

function wholeOf(row: { readonly [key: string]: Json }, key: string): number {
  const value = row[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(`'${key}' is no whole number`);
}

const malformed = (what: string): Fault =>
  new Fault('uplink.malformed', `what the site sent cannot be read: ${what}`, {
    hint: 'Do both sides speak the same version?',
  });
