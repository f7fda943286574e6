import {
  AlignedQuery,
  AtQuery,
  BucketsQuery,
  CalculatedBucketsQuery,
  CalculatedQuery,
  ExportQuery,
  HistoryGapsQuery,
  ImportQuery,
  RawQuery,
  TrendQuery,
} from './requests.ts';
import type { Route } from './route.ts';

const LINES =
  'A line of JSON a part, with columns of equal length; hanging up ends the query. A last line with `fault` says why ' +
  'it ended early.';

const CALCULATED =
  'The rows that a derived tag of this expression would have had: worst quality of its inputs, windows included; from ' +
  'the begin of a counted hole of an input to its next row nothing is known. ';

export const HISTORY_ROUTES = {
  historyTags: {
    method: 'GET',
    path: '/api/history/tags',
    group: 'history',
    summary: 'Tags that have a past, and how far it reaches',
    reply: { list: 'HistoryTag' },
    faults: ['history.off'],
  },
  historyRaw: {
    method: 'GET',
    path: '/api/history/raw',
    group: 'history',
    summary: 'Every sample of some tags, tag by tag',
    about: LINES,
    query: RawQuery,
    reply: { lines: 'Series' },
    faults: ['history.off'],
  },
  historyBuckets: {
    method: 'GET',
    path: '/api/history/buckets',
    group: 'history',
    summary: 'Minimum, maximum, mean and the like of each stretch of time',
    about: LINES,
    query: BucketsQuery,
    reply: { lines: 'Buckets' },
    faults: ['history.off'],
  },
  historyTrend: {
    method: 'GET',
    path: '/api/history/trend',
    group: 'history',
    summary: 'One tag with as many points as a picture needs; its extremes are kept',
    query: TrendQuery,
    reply: { json: 'Series' },
    faults: ['history.off'],
  },
  historyAt: {
    method: 'GET',
    path: '/api/history/at',
    group: 'history',
    summary: 'The last sample of each tag at a time; a tag that had none is left out',
    query: AtQuery,
    reply: { list: 'Series' },
    faults: ['history.off'],
  },
  historyAligned: {
    method: 'GET',
    path: '/api/history/aligned',
    group: 'history',
    summary: 'Several tags at the same times',
    about: LINES,
    query: AlignedQuery,
    reply: { lines: 'Aligned' },
    faults: ['history.off'],
  },
  historyCalculated: {
    method: 'GET',
    path: '/api/history/calculated',
    group: 'history',
    summary: 'A calculation over the past of tags',
    about: CALCULATED + LINES,
    query: CalculatedQuery,
    reply: { lines: 'Series' },
    faults: ['history.off', 'history.expression'],
  },
  historyCalculatedBuckets: {
    method: 'GET',
    path: '/api/history/calculated/buckets',
    group: 'history',
    summary: 'Minimum, maximum, mean and the like of a calculation over the past of tags',
    about: CALCULATED + LINES,
    query: CalculatedBucketsQuery,
    reply: { lines: 'Buckets' },
    faults: ['history.off', 'history.expression'],
  },
  historyGaps: {
    method: 'GET',
    path: '/api/history/gaps',
    group: 'history',
    summary: 'Counted holes that touch a span of time',
    query: HistoryGapsQuery,
    reply: { list: 'GapView' },
    faults: ['history.off'],
  },
  historyExport: {
    method: 'GET',
    path: '/api/history/export',
    group: 'history',
    summary: 'The history of some tags as a file: CSV, NDJSON or Parquet',
    about: 'A file that breaks off is not whole: the connection then ends early.',
    query: ExportQuery,
    reply: { file: ['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet'] },
    faults: ['history.off', 'tag.unknown', 'exchange.too-wide'],
  },
  historyImport: {
    method: 'POST',
    path: '/api/history/import',
    group: 'history',
    summary: 'Brings the past of a plant into the history: a file of CSV or Parquet',
    about:
      'A line of JSON from time to time says how far it has come, the last one has the report. The type of the body says ' +
      'what it is. Rows that cannot be read are counted and told; a file may be sent again.',
    query: ImportQuery,
    upload: ['text/csv', 'application/vnd.apache.parquet'],
    reply: { lines: 'ImportLine' },
    faults: [
      'history.off',
      'exchange.busy',
      'exchange.no-table',
      'exchange.no-time',
      'exchange.no-zone',
      'exchange.ambiguous-time',
      'exchange.unknown-tags',
      'exchange.usage',
      'exchange.no-room',
    ],
  },
} as const satisfies { readonly [id: string]: Route };
