import { coerceNodeId, DataType } from 'node-opcua-client';

interface Entry {
  readonly type: DataType;
  readonly value: unknown;
  /** 1: an array, 2: a matrix. */
  readonly rank?: number;
  readonly dimensions?: readonly number[];
  readonly rights?: string;
}

const WRITABLE = 'CurrentRead | CurrentWrite';

/** Variables of all types below `Plant`, as `ns=1;s=<name>`; those called W… can be written, the others only read. */
export const VALUES: { readonly [name: string]: Entry } = {
  Bool: { type: DataType.Boolean, value: true },
  Byte: { type: DataType.Byte, value: 200 },
  Int32: { type: DataType.Int32, value: -70_000 },
  Float: { type: DataType.Float, value: 0.5 },
  Big: { type: DataType.Int64, value: [0xff_df_ff_ff, 0xff_ff_ff_ff] }, // -2^53 - 1
  UBig: { type: DataType.UInt64, value: [0xff_ff_ff_ff, 0xff_ff_ff_fe] }, // 2^64 - 2
  Text: { type: DataType.String, value: 'Grüße' },
  Local: { type: DataType.LocalizedText, value: { text: 'Pumpe', locale: 'de' } },
  Time: { type: DataType.DateTime, value: new Date('2026-01-02T03:04:05.678Z') },
  Guid: { type: DataType.Guid, value: '72962B91-FA75-4AE6-8D28-B404DC7DAF63' },
  Bytes: { type: DataType.ByteString, value: Buffer.from([1, 2, 255]) },
  Node: { type: DataType.NodeId, value: coerceNodeId('ns=1;s=Text') },
  Doubles: { type: DataType.Double, value: new Float64Array([1, 2.5, 3]), rank: 1 },
  Matrix: { type: DataType.Int32, value: new Int32Array([1, 2, 3, 4, 5, 6]), rank: 2, dimensions: [2, 3] },
  Bools: { type: DataType.Boolean, value: [true, false], rank: 1 },
  Texts: { type: DataType.String, value: ['a', 'b'], rank: 1 },
  Bigs: {
    type: DataType.Int64,
    value: [
      [0, 7],
      [0xff_ff_ff_ff, 0xff_ff_ff_ff],
    ],
    rank: 1,
  },
  WDouble: { type: DataType.Double, value: 1, rights: WRITABLE },
  WInt16: { type: DataType.Int16, value: 1, rights: WRITABLE },
  WBig: { type: DataType.Int64, value: [0, 1], rights: WRITABLE },
  WBool: { type: DataType.Boolean, value: false, rights: WRITABLE },
  WClamped: { type: DataType.Double, value: 1, rights: WRITABLE },
  WMatrix: {
    type: DataType.Double,
    value: new Float64Array(4),
    rank: 2,
    dimensions: [2, 2],
    rights: WRITABLE,
  },
  WOnly: { type: DataType.Double, value: 1, rights: 'CurrentWrite' },
  WText: { type: DataType.String, value: '', rights: WRITABLE },
  WDoubles: { type: DataType.Double, value: new Float64Array([1, 2, 3]), rank: 1, rights: WRITABLE },
};
