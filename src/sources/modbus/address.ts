import * as z from 'zod';
import { NUMBER_TYPES, type NumberType, ORDERS, plainOrder, sizeOf } from '#codec/modbus/registers.ts';
import type { Tag } from '#kernel/tag-table.ts';

const cell = (table: string, first: string) =>
  z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(`0-based number of the ${table} as on the wire; documentation often says ${first} for 0.`);

/**
 * Where a tag lives in a device. Numbers are those of the protocol, from 0. Device manuals often count from 1 and put
 * the table in front: holding register 40001 (or 400001) is `holding: 0`, input register 30001 is `input: 0`, contact
 * 10001 is `discrete: 0`, coil 1 (00001) is `coil: 0`. So 40108 is `holding: 107`.
 */
export const Address = z
  .strictObject({
    unit: z.int().min(0).max(255).default(1).describe('Unit (slave) number.'),
    holding: cell('holding register', '40001'),
    input: cell('input register', '30001'),
    coil: cell('coil', '00001'),
    discrete: cell('discrete input', '10001'),
    as: z
      .enum(['bool', ...NUMBER_TYPES, 'text'])
      .optional()
      .describe('What the registers hold; default uint16, and bool for coils, discrete inputs and bits.'),
    order: z
      .enum(ORDERS)
      .optional()
      .describe(
        'Order of the bytes on the wire, A the most significant. CDAB: low word first; BADC: bytes swapped.',
      ),
    bit: z.int().min(0).max(15).optional().describe('One bit of the register, 0 the least significant.'),
    length: z.int().min(1).max(246).optional().describe('Characters of a text, two in each register.'),
    everyMs: z
      .int()
      .min(10)
      .max(86_400_000)
      .optional()
      .describe('Period of the reads, instead of the one of the source.'),
    soleWriter: z
      .boolean()
      .default(false)
      .describe('Nobody else writes this register: a bit may be set by reading it and writing it back.'),
    multiple: z
      .boolean()
      .default(false)
      .describe('Write with function 15 or 16 also where 5 or 6 would do, for devices that know no other.'),
  })
  .refine((address) => tablesOf(address).length === 1, {
    message: 'an address names exactly one of holding, input, coil, discrete',
  });
export type Address = z.output<typeof Address>;

export const TABLES = ['holding', 'input', 'coil', 'discrete'] as const;
export type Table = (typeof TABLES)[number];

const tablesOf = (address: { readonly [T in Table]?: number | undefined }): Table[] =>
  TABLES.filter((table) => address[table] !== undefined);

/** A point with everything worked out: where it lies, how long it is, what it holds. */
export interface Cell {
  readonly tag: Tag;
  readonly unit: number;
  readonly table: Table;
  /** First register or bit, and how many: registers for register tables, bits for the others. */
  readonly at: number;
  readonly count: number;
  readonly as: 'bool' | NumberType | 'text';
  readonly address: Address;
  readonly everyMs: number;
}

export function cellOf(tag: Tag, address: Address, everyMs: number): Cell {
  const table = tablesOf(address)[0] ?? 'holding';
  const bits = table === 'coil' || table === 'discrete' || address.bit !== undefined;
  const as = address.as ?? (bits ? 'bool' : 'uint16');
  return {
    tag,
    unit: address.unit,
    table,
    at: address[table] ?? 0,
    count: bits || as === 'bool' ? 1 : as === 'text' ? Math.ceil((address.length ?? 1) / 2) : sizeOf(as) / 2,
    as,
    address,
    everyMs: address.everyMs ?? everyMs,
  };
}

/** The order of the bytes, that of the specification when the address names none. */
export const orderOf = (cell: Cell) =>
  cell.address.order ?? plainOrder(cell.as === 'text' ? 2 : cell.count * 2);

/** How people write it, for messages. */
export const nameOf = (cell: Pick<Cell, 'unit' | 'table' | 'at'>): string =>
  `unit ${cell.unit} ${cell.table} ${cell.at}`;
