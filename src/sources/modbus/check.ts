import { MAX_WRITE_REGISTERS } from '#codec/modbus/pdu.ts';
import { ORDERS } from '#codec/modbus/registers.ts';
import type { Finding, Point } from '#plugin/api.ts';
import { type Address, type Cell, cellOf, nameOf } from '#sources/modbus/address.ts';
import type { Config } from '#sources/modbus/config.ts';

type Complaint = { readonly message: string; readonly hint: string } | undefined;

/** What the schemas cannot see: fields of an address that contradict each other, the tag or the source. */
export function check(config: Config, points: readonly Point<Address>[]): Finding[] {
  const findings: Finding[] = [];
  if (config.transport === 'rtu-over-tcp' && config.outstanding > 1) {
    findings.push({
      message: `${config.outstanding} outstanding requests over RTU, which has no transaction id`,
      hint: 'Write outstanding: 1, or leave it out.',
    });
  }
  for (const { tag, address } of points) {
    const cell = cellOf(tag, address, config.everyMs);
    for (const rule of RULES) {
      const complaint = rule(cell, config);
      if (complaint) findings.push({ tag: tag.path, ...complaint });
    }
  }
  return findings;
}

const isBits = (cell: Cell): boolean => cell.table === 'coil' || cell.table === 'discrete';
const writable = (cell: Cell): boolean => cell.tag.access !== 'read';

/** Each looks at one thing; one wrong field should give one finding. */
const RULES: readonly ((cell: Cell, config: Config) => Complaint)[] = [
  bitOfCoil,
  kindOfTable,
  bitAndKind,
  textLength,
  orderLength,
  tagType,
  end,
  readLength,
  readOnlyTable,
  longText,
  rtuUnit,
];

function bitOfCoil(cell: Cell): Complaint {
  if (!isBits(cell) || cell.address.bit === undefined) return undefined;
  return {
    message: `bit ${cell.address.bit} of a ${cell.table}, which is one bit itself`,
    hint: 'Leave out bit, or name the register with holding or input.',
  };
}

function kindOfTable(cell: Cell): Complaint {
  if (!isBits(cell) || cell.as === 'bool') return undefined;
  return {
    message: `a ${cell.table} as ${cell.as}`,
    hint: `A ${cell.table} is one bit: leave out as, or name a register with holding or input.`,
  };
}

function bitAndKind(cell: Cell): Complaint {
  if (isBits(cell)) return undefined;
  const { bit, as } = cell.address;
  if (bit !== undefined && as !== undefined && as !== 'bool') {
    return { message: `bit ${bit} of a register as ${as}`, hint: 'A bit is a bool: leave out as, or bit.' };
  }
  if (bit === undefined && as === 'bool') {
    return {
      message: `${nameOf(cell)} as bool without a bit`,
      hint: 'Name the bit: bit: 0 is the least significant.',
    };
  }
  return undefined;
}

function textLength(cell: Cell): Complaint {
  const { length } = cell.address;
  if (cell.as === 'text' && length === undefined) {
    return { message: 'a text without length', hint: 'Write length: the number of characters.' };
  }
  if (cell.as !== 'text' && length !== undefined) {
    return { message: `length ${length} of ${cell.as}`, hint: 'Only text has a length; write as: text.' };
  }
  return undefined;
}

function orderLength(cell: Cell): Complaint {
  const { order } = cell.address;
  if (order === undefined) return undefined;
  if (cell.as === 'bool') return { message: `order ${order} of one bit`, hint: 'Leave out order.' };
  const bytes = cell.as === 'text' ? 2 : cell.count * 2;
  if (order.length === bytes) return undefined;
  const fitting = ORDERS.filter((name) => name.length === bytes).join(', ');
  return { message: `order ${order} for ${cell.as}`, hint: `One of ${fitting} fits ${cell.as}.` };
}

function tagType({ tag, as }: Cell): Complaint {
  const wants = (hint: string): Complaint => ({ message: `a tag of type ${tag.type} read as ${as}`, hint });
  if (tag.type === 'structure') return wants('Modbus has no structures: make one tag for each value.');
  if ((tag.type === 'text') !== (as === 'text')) return wants('Write type: text and as: text together.');
  if (tag.type === 'boolean' && as !== 'bool') return wants('Name a coil, a discrete input, or a bit.');
  if (tag.type === 'int64' && as !== 'int64' && as !== 'uint64') {
    return wants('Write as: int64 or uint64, or type: number for anything smaller.');
  }
  if (tag.type === 'enum' && as.startsWith('float')) return wants('Codes are integers: write as: uint16.');
  return undefined;
}

function end(cell: Cell): Complaint {
  if (cell.at + cell.count <= 65_536) return undefined;
  return {
    message: `${nameOf(cell)} as ${cell.as} ends beyond 65535`,
    hint: `The last address where it fits is ${65_536 - cell.count}.`,
  };
}

function readLength(cell: Cell, config: Config): Complaint {
  if (isBits(cell) || cell.count <= config.maxRegisters) return undefined;
  return {
    message: `${cell.as} takes ${cell.count} registers, but maxRegisters is ${config.maxRegisters}`,
    hint: 'A value is never read in two halves: raise maxRegisters if the device bears it.',
  };
}

function readOnlyTable(cell: Cell): Complaint {
  if (!writable(cell) || cell.table === 'holding' || cell.table === 'coil') return undefined;
  const other = cell.table === 'input' ? 'holding' : 'coil';
  return {
    message: `access ${cell.tag.access} to ${nameOf(cell)}, a table that can only be read`,
    hint: `Write access: read, or name a ${other}.`,
  };
}

function longText(cell: Cell): Complaint {
  if (!writable(cell) || cell.count <= MAX_WRITE_REGISTERS) return undefined;
  return {
    message: `${cell.count} registers in one write`,
    hint: `One write takes ${MAX_WRITE_REGISTERS} registers at most: shorten the text.`,
  };
}

function rtuUnit(cell: Cell, config: Config): Complaint {
  if (config.transport === 'tcp' || (cell.unit >= 1 && cell.unit <= 247)) return undefined;
  return {
    message: `unit ${cell.unit} on an RTU line`,
    hint: 'Units are 1 to 247; 0 is a broadcast that nobody answers.',
  };
}
