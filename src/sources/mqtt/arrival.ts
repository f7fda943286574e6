import { BatchBuilder } from '#kernel/batch.ts';

/** How the message being read came, and where its rows go. One object is filled again and again. */
export class Arrival {
  readonly rows = new BatchBuilder();
  /** Rows that are history: stored, never an edge, never a write. */
  readonly late = new BatchBuilder();
  receivedUs = 0;
  /** The broker kept it from before: the last known value, not a fresh one. */
  retained = false;
  /** The whole message is history. */
  isLate = false;
  /** Rows with a source time before this are history; 0 while source times say nothing. */
  lateBeforeUs = 0;
  /** Sent before, and perhaps taken then (MQTT 5.0, 3.3.1.1). */
  isAgain = false;
  /** Rows left out since they were stored already. */
  duplicates = 0;

  /** @param timeUs source time; NaN where the message has none */
  rowsFor(timeUs: number): BatchBuilder {
    return this.isLate || timeUs < this.lateBeforeUs ? this.late : this.rows;
  }
}
