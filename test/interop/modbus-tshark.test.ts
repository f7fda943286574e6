import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { missing, pymodbusMissing, pymodbusServer } from '#test/interop/modbus-peer.ts';
import { openModbus } from '#test/modbus-rig.ts';

const TSHARK = 'tshark';
const skip = missing(TSHARK) || pymodbusMissing;

/** Dissects what passes on loopback, packet by packet: function code, exception code, whether it is malformed. */
async function dissector(port: number) {
  const fields = ['modbus.func_code', 'modbus.exception_code', '_ws.malformed', '_ws.expert.message'];
  const child = spawn(
    TSHARK,
    [
      ...['-i', 'lo', '-n', '-l', '-Q', '-f', `tcp port ${port}`, '-o', `mbtcp.tcp.port:${port}`],
      ...['-Y', 'mbtcp || _ws.malformed', '-T', 'fields', '-E', 'separator=;'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const packets: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => packets.push(line));
  return {
    packets,
    get ended() {
      return child.exitCode !== null;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

test('tshark finds every function of ours, and nothing malformed', { skip, timeout: 30_000 }, async (t) => {
  await using server = await pymodbusServer([]);
  await using wire = await dissector(server.port);
  await using device = await openModbus(
    { port: server.port },
    {
      'p/word': { at: { holding: 0 } },
      'p/float': { at: { holding: 2, as: 'float32' } },
      'p/bit': { at: { holding: 5, bit: 3 }, type: 'boolean' },
      'p/input': { at: { input: 0 }, access: 'read' },
      'p/coil': { at: { coil: 0 }, type: 'boolean' },
      'p/coils': { at: { coil: 1, multiple: true }, type: 'boolean' },
      'p/discrete': { at: { discrete: 0 }, access: 'read' },
    },
  );
  const wanted = ['1', '2', '3', '4', '5', '6', '15', '16', '22'];
  const seen = () => new Set(wire.packets.map((packet) => packet.split(';')[0]));
  // The capture begins at some time of its own: writes are repeated until all of them have been seen.
  while (!wanted.every((code) => seen().has(code))) {
    if (wire.ended) return t.skip('capturing on loopback is not permitted here');
    for (const path of ['p/word', 'p/float', 'p/bit', 'p/coil', 'p/coils']) {
      assert.equal((await device.write(path, 1)).state, 'sent');
    }
    const rows = device.rows.length;
    await device.until(() => device.rows.length > rows);
  }
  assert.deepEqual(
    wire.packets.filter((packet) => !/^\d+;;;$/.test(packet)),
    [],
  );
});
