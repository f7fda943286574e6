import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing, pymodbusMissing, pymodbusServer } from '#test/interop/modbus-peer.ts';
import { openModbus } from '#test/modbus-rig.ts';
import { BETWEEN, startCapture } from './capture.ts';

const skip = missing('tshark') || pymodbusMissing;

/** Of a request: function, first address, how many registers or bits, values of registers, masks, bytes as they are. */
const FIELDS = [
  'modbus.func_code',
  'modbus.reference_num',
  'modbus.word_cnt',
  'modbus.bit_cnt',
  'modbus.regval_uint16',
  'modbus.and_mask',
  'modbus.or_mask',
  'modbus.data',
];

const REQUESTS = [
  '1 0  2',
  '2 4  1',
  '3 0 1',
  '3 2 2',
  '3 5 1',
  '4 9 1',
  '5 0      ff00',
  '6 0      0102',
  '15 1  1    01',
  '16 2 2  16320,0',
  '22 5    0xfff7 0x0008',
];

test('tshark reads every request of ours as we mean it, and nothing is malformed', { skip }, async (t) => {
  await using server = await pymodbusServer([]);
  await using capture = await startCapture(server.port);
  if (capture.impossible !== undefined) return t.skip(capture.impossible);
  {
    await using device = await openModbus(
      { port: server.port },
      {
        'p/word': { at: { holding: 0 } },
        'p/float': { at: { holding: 2, as: 'float32' } },
        'p/bit': { at: { holding: 5, bit: 3 }, type: 'boolean' },
        'p/input': { at: { input: 9 }, access: 'read' },
        'p/coil': { at: { coil: 0 }, type: 'boolean' },
        'p/coils': { at: { coil: 1, multiple: true }, type: 'boolean' },
        'p/discrete': { at: { discrete: 4 }, access: 'read' },
      },
    );
    for (const [path, value] of Object.entries({ word: 258, float: 1.5, bit: 1, coil: 1, coils: 1 }))
      assert.equal((await device.write(`p/${path}`, value)).state, 'sent');
    const paths = ['word', 'float', 'bit', 'input', 'coil', 'coils', 'discrete'].map((name) => `p/${name}`);
    await device.until(() => paths.every((path) => device.rows.some((row) => row.path === path)));
  }
  await capture.stop();
  const as = ['-d', `tcp.port==${server.port},mbtcp`, '-o', `mbtcp.tcp.port:${server.port}`];
  const asked = await capture.tshark(`tcp.dstport == ${server.port} && modbus`, FIELDS, ...as);
  const requests = new Set(asked.map((fields) => fields.join(' ').replaceAll(BETWEEN, ',').trim()));
  assert.deepEqual(requests, new Set(REQUESTS));
  assert.deepEqual(await capture.wrong(...as), []);
});
