import type { FaultStatus } from './api.ts';

export interface HistorianStatus {
  readonly rows: number;
  readonly chunks: number;
  readonly usedBytes: number;
  readonly quotaBytes: number;
  /** Written to the disk since start: a budget on flash. */
  readonly writtenBytes: number;
  /** Entries of the journal up to here are in it. */
  readonly position: number;
  readonly oldestUs?: number;
  readonly newestUs?: number;
  /** Chunks that could not be read, each of them a gap. */
  readonly damaged: number;
  readonly fault?: FaultStatus;
}
