import type { EventView } from '#contract/client.ts';
import { textOf } from '../../parts/event-words.ts';

const COLUMNS = ['id', 'time', 'kind', 'name', 'subject', 'by', 'detail'] as const;

/** Spreadsheets take a cell that begins so for a formula: what somebody wrote as a reason must not run there. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const timeOf = ({ timeUs }: EventView): string => new Date(timeUs / 1000).toISOString();

/** A table after RFC 4180, a row an event; details stand as JSON in one cell. */
export function csvOf(events: readonly EventView[]): string {
  const rows = events.map((event) => {
    const { id, kind, name, subject, by = '', detail } = event;
    return [String(id), timeOf(event), kind, name, subject, by, detail ? textOf(detail) : ''].map(cell);
  });
  return [[...COLUMNS], ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

export const jsonOf = (events: readonly EventView[]): string =>
  `${JSON.stringify(
    events.map((event) => ({ ...event, time: timeOf(event) })),
    null,
    2,
  )}\n`;
