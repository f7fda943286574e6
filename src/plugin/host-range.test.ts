import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Fault } from '#kernel/fault.ts';
import { hostsOf, urlHost } from './host-range.ts';

test('names and addresses stand for themselves, each once, in the order given', () => {
  assert.deepEqual(hostsOf(['plc1, 10.0.0.7', 'plc-2.line_1.example.', '::1', '10.0.0.7', 'fe80::1%eth0']), [
    'plc1',
    '10.0.0.7',
    'plc-2.line_1.example.',
    '::1',
    'fe80::1%eth0',
  ]);
});

test('a range holds both of its ends, also across octets', () => {
  assert.deepEqual(hostsOf(['10.0.0.254-10.0.1.1']), ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']);
  assert.deepEqual(hostsOf(['255.255.255.254 - 255.255.255.255']).length, 2);
});

test('a network holds its hosts, without its own and the broadcast address', () => {
  assert.deepEqual(hostsOf(['10.0.0.9/30']), ['10.0.0.9', '10.0.0.10']);
  assert.deepEqual(hostsOf(['10.0.0.9/31']), ['10.0.0.8', '10.0.0.9']);
  assert.deepEqual(hostsOf(['10.0.0.9/32']), ['10.0.0.9']);
  assert.equal(hostsOf(['192.168.4.0/22']).length, 1022);
});

test('the addresses of a network are those that belong to it', () => {
  const address = fc.ipV4();
  fc.assert(
    fc.property(address, fc.integer({ min: 24, max: 30 }), (ip, bits) => {
      const list = new BlockList();
      list.addSubnet(ip, bits);
      const hosts = hostsOf([`${ip}/${bits}`]);
      assert.equal(hosts.length, 2 ** (32 - bits) - 2);
      assert.ok(hosts.every((host) => isIPv4(host) && list.check(host)));
    }),
    { numRuns: 50 },
  );
});

for (const [text, says] of [
  ['10.0.0.0/21', /2048 hosts, more than 1024/],
  ['0.0.0.0/0', /more than 1024/],
  ['10.0.0.0/33', /no network/],
  ['10.0.0.0-10.0.4.0', /1025 hosts/],
  ['10.0.0.9-10.0.0.5', /ends before it begins/],
  ['10.0.0.5-40', /no range of addresses/],
  ['10.0.0', /neither a host/],
  ['10.0.0.256', /neither a host/],
  ['plc1:502', /neither a host nor an address/],
  ['fd00::/64', /IPv6 network/],
  ['', /neither a host/],
  ['a b', /neither a host/],
  ['-x', /neither a host/],
] as const) {
  test(`'${text}' is refused with what to write instead`, () => {
    assert.throws(
      () => hostsOf([text]),
      (error) =>
        error instanceof Fault && error.code === 'discover.range' && !!error.hint && says.test(error.message),
    );
  });
}

test('many ranges together keep the limit too', () => {
  assert.throws(() => hostsOf(['10.0.0.0/22', '10.0.4.0/22']), { code: 'discover.range' });
});

test('IPv6 addresses stand in brackets within a URL', () => {
  assert.equal(urlHost('::1'), '[::1]');
  assert.equal(urlHost('10.0.0.1'), '10.0.0.1');
  assert.equal(urlHost('plc'), 'plc');
});
