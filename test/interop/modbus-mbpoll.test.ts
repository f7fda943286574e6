import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { missing } from '#test/interop/modbus-peer.ts';
import { libraryServer, openModbus } from '#test/modbus-rig.ts';

const skip = missing('mbpoll');
const run = promisify(execFile);

/** What mbpoll reads, once, by its own address. @param kind of mbpoll's option -t */
async function mbpoll(port: number, kind: string, at: number, count: number, ...options: string[]) {
  const args = ['-m', 'tcp', '-p', `${port}`, '-a', '1', '-0', '-t', kind, '-r', `${at}`, '-c', `${count}`];
  const { stdout } = await run('mbpoll', [...args, ...options, '-1', '-q', '127.0.0.1'], { timeout: 10_000 });
  return [...stdout.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map((match) => match[1]);
}

test('mbpoll reads what we wrote, and we read the same', { skip }, async () => {
  const registers = new Uint16Array(100);
  const coils = new Uint8Array(100);
  await using server = await libraryServer({
    getHoldingRegister: (address: number) => registers[address] as number,
    getCoil: (address: number) => coils[address] === 1,
    setRegister: (address: number, value: number) => {
      registers[address] = value;
    },
    setCoil: (address: number, value: boolean) => {
      coils[address] = value ? 1 : 0;
    },
  });
  await using device = await openModbus(
    { port: server.port },
    {
      'p/word': { at: { holding: 3 } },
      'p/float': { at: { holding: 10, as: 'float32' } },
      'p/swapped': { at: { holding: 12, as: 'float32', order: 'CDAB' } },
      'p/long': { at: { holding: 14, as: 'int32', order: 'CDAB' } },
      'p/coil': { at: { coil: 5 }, type: 'boolean' },
    },
  );
  const values = { 'p/word': 54_321, 'p/float': 123.25, 'p/swapped': -0.5, 'p/long': -70_000, 'p/coil': 1 };
  for (const [path, value] of Object.entries(values)) {
    assert.deepEqual(await device.write(path, value), { state: 'sent' });
  }
  assert.match((await mbpoll(server.port, '4', 3, 1)).join(), /^54321/);
  assert.deepEqual(await mbpoll(server.port, '4:float', 10, 1, '-B'), ['123.25']);
  assert.deepEqual(await mbpoll(server.port, '4:float', 12, 1), ['-0.5']);
  assert.deepEqual(await mbpoll(server.port, '4:int', 14, 1), ['-70000']);
  assert.deepEqual(await mbpoll(server.port, '0', 4, 3), ['0', '1', '0']);
  const agreed = () => Object.entries(values).every(([path, value]) => device.last(path)?.value === value);
  await device.until(agreed);
});

test('we read what mbpoll wrote', { skip }, async () => {
  const registers = new Uint16Array(100);
  await using server = await libraryServer({
    getHoldingRegister: (address: number) => registers[address] as number,
    setRegister: (address: number, value: number) => {
      registers[address] = value;
    },
  });
  const args = ['-m', 'tcp', '-p', `${server.port}`, '-a', '1', '-0', '-t', '4:float', '-B', '-r', '20'];
  await run('mbpoll', [...args, '127.0.0.1', '42.5'], { timeout: 10_000 });
  await using device = await openModbus(
    { port: server.port },
    { 'p/float': { at: { holding: 20, as: 'float32' } } },
  );
  await device.until(() => device.last('p/float'));
  assert.equal(device.last('p/float')?.value, 42.5);
});
