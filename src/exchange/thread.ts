import type { ImportRows } from '#historian/api.ts';
import type { HistoryDirs } from '#historian/reading/past.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { ExportQuery } from './export.ts';
import type { ImportOptions } from './import.ts';
import type { ImportReport } from './report.ts';

/* What the threads that read and write files say to the one that started them, and hear from it. */

export interface FaultSaid {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface ImportTask {
  /** Of a Parquet file; a CSV file comes piece by piece. */
  readonly path: string | undefined;
  readonly separator: string | undefined;
  readonly decimal: '.' | ',' | undefined;
  readonly options: ImportOptions;
  readonly tags: readonly TagInfo[];
  readonly nowUs: number;
}

export type ToImporter =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'kept'; readonly rows: number };

export type FromImporter =
  /** A piece was read: the next one may come. */
  | { readonly kind: 'more' }
  | { readonly kind: 'rows'; readonly rows: ImportRows }
  | { readonly kind: 'progress'; readonly rows: number }
  | { readonly kind: 'report'; readonly report: Omit<ImportReport, 'bytes' | 'digest'> }
  | { readonly kind: 'failed'; readonly fault: FaultSaid };

export interface ExportTask {
  readonly dirs: HistoryDirs;
  readonly query: ExportQuery;
}

/** The thread answers each message with one of these. */
export type FromExporter =
  | { readonly kind: 'part'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly fault: FaultSaid };

/**
 * Beside this file, and of its kind: `.ts` in development, `.js` in a release, where it is an entry of its own and has
 * the name of its area before it.
 */
export const threadUrl = (name: 'import-worker' | 'export-worker'): URL => {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(isSource ? `./${name}.ts` : `./exchange-${name}.js`, import.meta.url);
};
