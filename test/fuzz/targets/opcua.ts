import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { VALUES } from '#test/opcua/values.ts';
import { readColumns } from '#wire/opcua/columns.ts';
import { loadLibrary } from '#wire/opcua/library.ts';
import { variantValue } from '#wire/opcua/values.ts';
import type { Target } from '../target.ts';

interface Stream {
  buffer: Buffer;
  length: number;
}
const within = createRequire(import.meta.resolve('node-opcua-client'));
const { BinaryStream } = within('node-opcua-binary-stream') as {
  BinaryStream: new (from: number | Buffer) => Stream;
};

/** Data changes as a server sends them, and what their values become here. */
export async function opcuaValues(): Promise<Target> {
  const { Variant, DataChangeNotification } = await loadLibrary();
  const encoded = (values: readonly object[]): Uint8Array => {
    const note = new DataChangeNotification({
      monitoredItems: values.map((value, i) => ({ clientHandle: i, value: value as never })),
    });
    const stream = new BinaryStream(100_000);
    note.encode(stream as never);
    // Behind the length of the body comes what the columns are read from.
    return new Uint8Array(stream.buffer.subarray(0, stream.length));
  };
  const now = new Date(1_790_000_000_000);
  const all = Object.values(VALUES).map(({ type, value, rank = -1, dimensions }) => ({
    value: { dataType: type, value, arrayType: Math.max(0, rank), ...(dimensions && { dimensions }) },
    sourceTimestamp: now,
    serverTimestamp: now,
  }));
  return {
    name: 'opcua-values',
    seeds: () => [...all.map((one) => encoded([one])), encoded(all), encoded(all.slice(0, 4))],
    read(input) {
      const stream = new BinaryStream(Buffer.from(input));
      stream.length = 0;
      let columns: ReturnType<typeof readColumns>;
      try {
        columns = readColumns(stream, Variant);
      } catch (error) {
        // The library wraps whatever it meets in a message and ends the session by itself; no type of its own.
        assert.ok(error instanceof Error);
        return;
      }
      assert.ok(columns.rows * 5 <= input.length, `${columns.rows} rows in ${input.length} bytes`);
      for (const value of columns.wideValue) if (typeof value === 'object') variantValue(value);
    },
  };
}
