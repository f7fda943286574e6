import { MAX_READ_BITS, type ReadCode, type Request } from '#codec/modbus/pdu.ts';
import type { Cell, Table } from '#sources/modbus/address.ts';
import type { Config } from '#sources/modbus/config.ts';

/** What one request reads, and the points that its answer fills. */
export interface Block {
  readonly unit: number;
  readonly table: Table;
  readonly at: number;
  readonly count: number;
  readonly everyMs: number;
  readonly cells: readonly Cell[];
}

const READ_CODES: { readonly [T in Table]: ReadCode } = { coil: 1, discrete: 2, holding: 3, input: 4 };

export const readOf = (block: Pick<Block, 'table' | 'at' | 'count'>): Request => ({
  code: READ_CODES[block.table],
  address: block.at,
  count: block.count,
});

export type Limits = Pick<Config, 'blocks' | 'maxRegisters'>;

/**
 * Joins points to as few reads as may be: same unit, table and period; neighbours without a hole, or with
 * one that lies in a declared range. A read never touches an address that nobody named, and never cuts a value in two.
 */
export function plan(cells: readonly Cell[], limits: Limits): Block[] {
  const groups = Map.groupBy(cells, (cell) => `${cell.unit} ${cell.table} ${cell.everyMs}`);
  return [...groups.values()].flatMap((group) => joined(group, limits));
}

function joined(cells: readonly Cell[], limits: Limits): Block[] {
  const blocks: Block[] = [];
  for (const cell of cells.toSorted((a, b) => a.at - b.at || a.count - b.count)) {
    const last = blocks.at(-1);
    const wider = last && widened(last, cell, limits);
    if (wider) blocks[blocks.length - 1] = wider;
    else blocks.push(single(cell));
  }
  return blocks;
}

/** A read of one point alone. */
export const single = (cell: Cell): Block => ({
  unit: cell.unit,
  table: cell.table,
  at: cell.at,
  count: cell.count,
  everyMs: cell.everyMs,
  cells: [cell],
});

function widened(block: Block, cell: Cell, limits: Limits): Block | undefined {
  const end = Math.max(block.at + block.count, cell.at + cell.count);
  const count = end - block.at;
  if (count > mostOf(block.table, limits)) return undefined;
  const hole = block.at + block.count;
  if (cell.at > hole && !declared(block.unit, block.table, hole, cell.at - 1, limits)) return undefined;
  return { ...block, count, cells: [...block.cells, cell] };
}

export const mostOf = (table: Table, limits: Limits): number =>
  table === 'coil' || table === 'discrete'
    ? Math.min(MAX_READ_BITS, limits.maxRegisters * 16)
    : limits.maxRegisters;

const RANGE_OF = { holding: 'holding', input: 'input', coil: 'coils', discrete: 'discretes' } as const;

function declared(unit: number, table: Table, first: number, last: number, limits: Limits): boolean {
  return limits.blocks.some((block) => {
    const range = block[RANGE_OF[table]];
    if (!range || (block.unit !== undefined && block.unit !== unit)) return false;
    return range[0] <= first && last <= range[1];
  });
}

/** The declared ranges as reads, for browsing. */
export function* declaredRanges(
  limits: Limits,
  units: readonly number[],
): Iterable<Omit<Block, 'cells' | 'everyMs'>> {
  for (const block of limits.blocks) {
    for (const table of Object.keys(RANGE_OF) as Table[]) {
      const range = block[RANGE_OF[table]];
      if (!range) continue;
      for (const unit of block.unit === undefined ? units : [block.unit]) {
        yield { unit, table, at: range[0], count: range[1] - range[0] + 1 };
      }
    }
  }
}

/** Two reads with this in common bring the same rows at the same pace. */
export const identityOf = ({ unit, table, at, count, everyMs, cells }: Block): string =>
  JSON.stringify([unit, table, at, count, everyMs, cells.map(cellIdentity)]);

const cellIdentity = ({ tag, address }: Cell) => [tag.number, tag.type, address];

/** Whether a row of the one is a row of the other, whatever the pace. */
export const sameCell = (a: Cell, b: Cell | undefined): boolean =>
  b !== undefined && JSON.stringify(cellIdentity(a)) === JSON.stringify(cellIdentity(b));
