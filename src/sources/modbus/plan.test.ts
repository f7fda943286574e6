import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Tag, TagTable } from '#kernel/tag-table.ts';
import { Address, cellOf } from '#sources/modbus/address.ts';
import { Config } from '#sources/modbus/config.ts';
import { plan } from '#sources/modbus/plan.ts';

const tag: Tag = new TagTable().declare({ path: 'a/b', type: 'number', access: 'read' });
const cell = (at: Record<string, unknown>) => cellOf(tag, Address.parse(at), 1000);
const limits = (config: Record<string, unknown> = {}) => Config.parse({ host: 'plc', ...config });

const readsOf = (cells: Record<string, unknown>[], config?: Record<string, unknown>) =>
  plan(cells.map(cell), limits(config)).map(
    (block) => `${block.unit} ${block.table} ${block.at}+${block.count}`,
  );

test('neighbours are joined, and a hole that nobody declared parts them', () => {
  assert.deepEqual(readsOf([{ holding: 2 }, { holding: 0, as: 'float32' }, { holding: 4 }]), [
    '1 holding 0+3',
    '1 holding 4+1',
  ]);
});

test('a declared hole is read across, for the unit it is declared for', () => {
  const points = [{ holding: 0 }, { holding: 9 }, { unit: 2, holding: 0 }, { unit: 2, holding: 9 }];
  assert.deepEqual(readsOf(points, { blocks: [{ unit: 1, holding: [1, 8] }] }), [
    '1 holding 0+10',
    '2 holding 0+1',
    '2 holding 9+1',
  ]);
  assert.equal(readsOf(points, { blocks: [{ holding: [0, 49] }] }).length, 2);
  assert.equal(readsOf(points, { blocks: [{ holding: [1, 7] }, { input: [0, 49] }] }).length, 4);
});

test('tables and periods are read apart', () => {
  const points = [{ holding: 0 }, { input: 1 }, { coil: 2 }, { discrete: 3 }, { holding: 1, everyMs: 50 }];
  assert.equal(readsOf(points).length, 5);
});

test('coils may be sixteen times as many as registers, up to 2000', () => {
  const blocks = [{ coils: [0, 9999] }];
  assert.deepEqual(readsOf([{ coil: 0 }, { coil: 1999 }], { blocks }), ['1 coil 0+2000']);
  assert.equal(readsOf([{ coil: 0 }, { coil: 2000 }], { blocks }).length, 2);
  assert.equal(readsOf([{ coil: 0 }, { coil: 160 }], { blocks, maxRegisters: 10 }).length, 2);
});

test('every point is read once and whole, nothing undeclared is touched, no read is too long', () => {
  const kinds = fc.constantFrom('uint16', 'int32', 'float64', 'int64');
  const points = fc.array(
    fc.record({ holding: fc.nat(300), as: kinds, unit: fc.integer({ min: 1, max: 2 }) }),
    {
      maxLength: 60,
    },
  );
  const declared = fc
    .tuple(fc.nat(300), fc.nat(300))
    .map(([a, b]): [number, number] => (a < b ? [a, b] : [b, a]));
  fc.assert(
    fc.property(
      points,
      fc.array(declared, { maxLength: 3 }),
      fc.integer({ min: 4, max: 125 }),
      (all, ranges, most) => {
        const cells = all.map((point) => cell({ ...point }));
        const config = limits({ maxRegisters: most, blocks: ranges.map((holding) => ({ holding })) });
        const blocks = plan(cells, config);
        assert.equal(blocks.flatMap((block) => block.cells).length, cells.length);
        for (const block of blocks) {
          assert.ok(block.count <= most);
          for (const inside of block.cells) {
            assert.ok(inside.at >= block.at && inside.at + inside.count <= block.at + block.count);
          }
          for (let at = block.at; at < block.at + block.count; at++) {
            const named = block.cells.some((one) => one.at <= at && at < one.at + one.count);
            assert.ok(named || ranges.some(([first, last]) => first <= at && at <= last), `address ${at}`);
          }
        }
      },
    ),
  );
});
