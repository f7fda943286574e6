import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Point } from '#plugin/api.ts';
import { Address, isNodeId, pathSteps } from './address.ts';
import { check } from './check.ts';
import { Config } from './config.ts';
import { opcua } from './opcua.ts';

test('node ids are told from paths', () => {
  const guid = 'ns=1;g=72962b91-fa75-4ae6-8d28-b404dc7daf63';
  for (const text of ['i=85', 'ns=2;s=A b;c', 'nsu=urn:x;i=1', guid, 'ns=3;b=AQI='])
    assert.ok(isNodeId(text), text);
  for (const text of ['Plant/Line1', 'i=x', 'ns=2', 's']) assert.equal(isNodeId(text), false, text);
});

test('a path is split at its slashes; & takes a slash as part of a name', () => {
  const step = (name: string, namespace?: number) => ({ namespace, name });
  assert.deepEqual(pathSteps('Plant/2:Pump'), [step('Plant'), step('Pump', 2)]);
  assert.deepEqual(pathSteps('m3&/h/a&&b'), [step('m3/h'), step('a&b')]);
  const name = fc.string({ minLength: 1 }).filter((text) => !/^\d{1,5}:/.test(text));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (names) => {
      const text = names.map((one) => one.replaceAll(/[&/]/g, '&$&')).join('/');
      assert.deepEqual(
        pathSteps(text).map((one) => one.name),
        names,
      );
    }),
  );
});

test('an address names one thing, and one kind of deadband', () => {
  assert.ok(Address.safeParse({ node: 'ns=2;s=A', deadband: { absolute: 1 } }).success);
  const wrong = [
    {},
    { node: 'ns=2;s=A', path: 'A' },
    { node: 'A' },
    { path: 'A//B' },
    { path: 'i=85' },
    { path: 'A', deadband: {} },
    { path: 'A', deadband: { absolute: 1, percent: 2 } },
    { path: 'A', field: 'a[' },
  ];
  for (const address of wrong)
    assert.equal(Address.safeParse(address).success, false, JSON.stringify(address));
});

const config = (more: object = {}) => Config.parse({ url: 'opc.tcp://plc', ...more });
const point = (address: object, tag: object = {}): Point<Address> => ({
  tag: { number: 0, path: 'a', type: 'number', access: 'read', ...tag },
  address: Address.parse(address),
});
const messages = (one: Point<Address>, more = {}) => check(config(more), [one]).map(({ message }) => message);

test('contradictions are found before anything is opened', () => {
  assert.deepEqual(messages(point({ path: 'A' })), []);
  assert.match(messages(point({ method: 'A/Start' })).join(), /never read/);
  assert.match(messages(point({ path: 'A', object: 'B' })).join(), /belong to a method/);
  assert.match(
    messages(point({ path: 'A', deadband: { absolute: 1 } }, { type: 'text' })).join(),
    /deadband/,
  );
  assert.match(
    messages(point({ path: 'A', field: 'b.c' }, { access: 'readWrite' })).join(),
    /cannot be written/,
  );
  assert.deepEqual(messages(point({ path: 'A', field: '[1]' }, { access: 'readWrite' })), []);
  assert.match(
    messages(point({ path: 'A' }), { keepAliveMs: 500, publishMs: 900 }).join(),
    /below publishMs/,
  );
  const pins = { security: { mode: 'none' }, serverFingerprints: ['ab'.repeat(32)] };
  assert.match(messages(point({ path: 'A' }), pins).join(), /protect nothing/);
});

test('security is on where nothing is written, and credentials stand in no url', () => {
  assert.deepEqual(config().security, { mode: 'signAndEncrypt', policy: 'basic256Sha256' });
  assert.equal(Config.safeParse({ url: 'opc.tcp://otto:motor@plc' }).success, false);
  assert.equal(Config.safeParse({ url: 'http://plc' }).success, false);
});

test('a source test asks the addresses in their order, 4840 where no port is given', () => {
  const both = config({ alternatives: ['opc.tcp://[fe80::1]:4841/x'] });
  assert.deepEqual(opcua.endpoints?.(both), [
    { host: 'plc', port: 4840 },
    { host: 'fe80::1', port: 4841 },
  ]);
});
