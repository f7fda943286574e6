import type { MetricReader } from '#codec/sparkplug/metric-reader.ts';
import type { BatchBuilder } from '#kernel/batch.ts';
import type { GapReason } from '#kernel/gap.ts';
import type { EdgeNode } from './node.ts';
import type { Unit } from './unit.ts';

/** What a node is given by the host. */
export interface NodePorts {
  /** Shared by all nodes: messages are read one after the other. */
  readonly reader: MetricReader;
  readonly rows: BatchBuilder;
  /** History: stored, never an edge. */
  readonly late: BatchBuilder;
  readonly receivedUs: () => number;
  readonly steadyUs: () => number;
  readonly reorderUs: () => number;
  /** Whether there is still room to hold messages, all nodes together. */
  readonly mayHold: (bytes: number) => boolean;
  /** Whether there is room for one device more. */
  readonly mayGrow: () => boolean;
  /** Whether there is room in memory for what a birth of so many bytes names. */
  readonly mayKnow: (unit: Unit, bytes: number) => boolean;
  /** Gives the slots of a unit their tags. @returns tags of points that the birth does not have */
  readonly bind: (unit: Unit) => readonly number[];
  readonly wantRebirth: (node: EdgeNode, reason: string) => void;
  /** Its first message of this session came. */
  readonly heard: (node: EdgeNode) => void;
  /** It is born: no birth is wanted any more. */
  readonly born: (node: EdgeNode) => void;
  /** It is dead: no birth is wanted any more. */
  readonly settled: (node: EdgeNode) => void;
  /** @param fromUs wall clock; absent: now */
  readonly gap: (
    whose: EdgeNode | Unit,
    count: number | undefined,
    reason: GapReason,
    fromUs?: number,
  ) => void;
  readonly told: (name: string, unit: Unit, detail: { readonly [key: string]: string | number }) => void;
  /** Something is to be done by this steady time; see `due`. */
  readonly deadline: (node: EdgeNode, atUs: number) => void;
}
