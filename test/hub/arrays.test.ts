import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { byteas, float8s, int2s, int4s, int8s, texts } from '#hub/database/arrays.ts';
import { plainText } from '#hub/uplink/plain.ts';
import { database } from '#test/uplink/hub-rig.ts';

const whole = (most: number) => fc.integer({ min: -most, max: most - 1 });
const aRow = fc.record({
  int2: whole(2 ** 15),
  int4: whole(2 ** 31),
  int8: fc.maxSafeInteger(),
  float8: fc.double(),
  bytea: fc.uint8Array(),
  text: fc.option(fc.string({ unit: 'binary' }).map(plainText)),
});

test('PostgreSQL reads columns in its binary form as they were, whatever is in them', async (t) => {
  const { pool } = await database(t, []);
  const property = fc.asyncProperty(fc.array(aRow, { maxLength: 20 }), async (rows) => {
    const { rows: read } = await pool.query(
      `SELECT * FROM unnest($1::smallint[], $2::integer[], $3::bigint[], $4::float8[], $5::bytea[], $6::text[])
         AS r (int2, int4, int8, float8, bytea, text)`,
      [
        int2s(rows.map(({ int2 }) => int2)),
        int4s(rows.map(({ int4 }) => int4)),
        int8s(rows.map(({ int8 }) => int8)),
        float8s(rows.map(({ float8 }) => float8)),
        byteas(rows.map(({ bytea }) => bytea)),
        texts(rows.map(({ text }) => text)),
      ],
    );
    const wanted = rows.map(({ bytea, int8, ...row }) => ({
      ...row,
      int8: `${int8}`,
      bytea: Buffer.from(bytea),
    }));
    assert.deepEqual(read, wanted);
  });
  await fc.assert(property, { numRuns: 100 });
});
