import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TagInfo, TagTable } from '#kernel/tag-table.ts';
import { Address } from '#sources/modbus/address.ts';
import { Config } from '#sources/modbus/config.ts';
import { modbus } from '#sources/modbus/modbus.ts';

function findingsOf(at: Record<string, unknown>, info: Partial<TagInfo> = {}, config: object = {}) {
  const tag = new TagTable().declare({ path: 'p/a', type: 'number', access: 'read', ...info });
  const parsed = Config.parse({ host: 'plc', ...config });
  return modbus.check?.(parsed, [{ tag, address: Address.parse(at) }]) ?? [];
}

const WRONG: readonly (readonly [Record<string, unknown>, Partial<TagInfo>, object, RegExp])[] = [
  [{ coil: 0, bit: 3 }, {}, {}, /bit 3 of a coil/],
  [{ coil: 0, as: 'int16' }, {}, {}, /a coil as int16/],
  [{ holding: 0, bit: 3, as: 'int16' }, {}, {}, /bit 3 of a register as int16/],
  [{ holding: 0, as: 'bool' }, {}, {}, /as bool without a bit/],
  [{ holding: 0, as: 'text' }, { type: 'text' }, {}, /without length/],
  [{ holding: 0, length: 4 }, {}, {}, /length 4 of uint16/],
  [{ holding: 0, as: 'int16', order: 'CDAB' }, {}, {}, /order CDAB for int16/],
  [{ holding: 0, as: 'int64', order: 'CDAB' }, { type: 'int64' }, {}, /order CDAB for int64/],
  [{ holding: 0, bit: 1, order: 'AB' }, {}, {}, /order AB of one bit/],
  [{ holding: 0 }, { type: 'text' }, {}, /type text read as uint16/],
  [{ holding: 0 }, { type: 'boolean' }, {}, /type boolean read as uint16/],
  [{ holding: 0 }, { type: 'int64' }, {}, /type int64 read as uint16/],
  [{ holding: 0 }, { type: 'structure' }, {}, /type structure/],
  [{ holding: 0, as: 'float32' }, { type: 'enum' }, {}, /type enum read as float32/],
  [{ holding: 65_535, as: 'float32' }, {}, {}, /beyond 65535/],
  [{ holding: 0, as: 'float64' }, {}, { maxRegisters: 3 }, /4 registers, but maxRegisters is 3/],
  [{ input: 0 }, { access: 'readWrite' }, {}, /can only be read/],
  [{ discrete: 0 }, { access: 'write' }, {}, /can only be read/],
  [{ unit: 0, holding: 0 }, {}, { transport: 'rtu-over-tcp' }, /unit 0 on an RTU line/],
];

for (const [at, info, config, message] of WRONG) {
  test(`${JSON.stringify(at)} with ${JSON.stringify({ ...info, ...config })} is found wrong, once, with a hint`, () => {
    const findings = findingsOf(at, info, config);
    assert.equal(findings.length, 1);
    assert.match(findings[0]?.message ?? '', message);
    assert.ok((findings[0]?.hint.length ?? 0) > 10);
    assert.equal(findings[0]?.tag, 'p/a');
  });
}

test('outstanding requests over RTU are found wrong, of the configuration itself', () => {
  const findings = findingsOf({ holding: 0 }, {}, { transport: 'rtu-over-tcp', outstanding: 2 });
  assert.equal(findings.length, 1);
  assert.equal(findings[0]?.tag, undefined);
});

test('addresses of all kinds are found right', () => {
  const right: readonly (readonly [Record<string, unknown>, Partial<TagInfo>])[] = [
    [{ holding: 65_534, as: 'float32', order: 'CDAB' }, { access: 'readWrite' }],
    [{ input: 0, as: 'int64', order: 'GHEFCDAB' }, { type: 'int64' }],
    [{ holding: 0, as: 'text', length: 7, order: 'BA' }, { type: 'text' }],
    [
      { holding: 0, bit: 15 },
      { type: 'boolean', access: 'write' },
    ],
    [{ coil: 0 }, { type: 'boolean', access: 'readWrite' }],
    [{ unit: 0, discrete: 0 }, {}],
    [{ holding: 0 }, { type: 'enum' }],
  ];
  for (const [at, info] of right) assert.deepEqual(findingsOf(at, info), []);
});

test('the schemas refuse an address without a table, with two, and an unknown field', () => {
  for (const at of [{}, { holding: 0, input: 0 }, { holding: 0, register: 1 }, { holding: 70_000 }]) {
    assert.equal(Address.safeParse(at).success, false, JSON.stringify(at));
  }
  assert.equal(Config.safeParse({ host: 'plc', blocks: [{ unit: 1 }] }).success, false);
  assert.equal(Config.safeParse({ host: 'plc', blocks: [{ holding: [9, 1] }] }).success, false);
});

test('every field of the configuration and of the address explains itself', () => {
  for (const schema of [Config, Address]) {
    for (const [name, field] of Object.entries(schema.shape)) {
      assert.ok(field.description, `${name} has no description`);
    }
  }
});
