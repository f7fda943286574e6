import type { TagType } from '#kernel/tag-table.ts';
import { TagColumns, widened } from '#pipeline/tag-columns.ts';

/** Tag types as small integers; `any` is a tag that nobody configured. */
export const Kind = { any: 0, number: 1, boolean: 2, enum: 3, int64: 4, text: 5, structure: 6 } as const;

export interface NormaliseConfig {
  readonly type: TagType;
  /** Engineering value = raw × factor + offset; for numbers and 64-bit integers. */
  readonly scale?: { readonly factor: number; readonly offset: number } | undefined;
  /** Engineering range, inclusive, after scaling; for numbers and 64-bit integers. */
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Codes that an enum may have; any integer when absent. */
  readonly states?: { readonly [code: number]: string } | undefined;
}

/** What `normalise` needs to know of each tag. */
export class NormaliseColumns extends TagColumns<NormaliseConfig> {
  /** See {@link Kind}. A scaled 64-bit integer is a `number` here: it becomes a double. */
  kind = new Uint8Array(0);
  factor = new Float64Array(0);
  offset = new Float64Array(0);
  low = new Float64Array(0);
  high = new Float64Array(0);
  readonly states: (ReadonlySet<number> | undefined)[] = [];

  protected resize(capacity: number): void {
    this.kind = widened(new Uint8Array(capacity), this.kind, Kind.any);
    this.factor = widened(new Float64Array(capacity), this.factor, 1);
    this.offset = widened(new Float64Array(capacity), this.offset, 0);
    this.low = widened(new Float64Array(capacity), this.low, 0);
    this.high = widened(new Float64Array(capacity), this.high, 0);
  }

  protected put(tag: number, { type, scale, range, states }: NormaliseConfig): void {
    this.kind[tag] = type === 'int64' && scale ? Kind.number : Kind[type];
    this.factor[tag] = scale?.factor ?? 1;
    this.offset[tag] = scale?.offset ?? 0;
    // Finite ends: an infinite value is outside of every range.
    this.low[tag] = range?.[0] ?? -Number.MAX_VALUE;
    this.high[tag] = range?.[1] ?? Number.MAX_VALUE;
    this.states[tag] = states && new Set(Object.keys(states).map(Number));
  }

  protected erase(tag: number): void {
    this.kind[tag] = Kind.any;
    this.states[tag] = undefined;
  }
}
