import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHubFile } from './hub-file.ts';

const problems = (text: string) =>
  readHubFile(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

test('settings of a hub have defaults, and an empty file is one without any', () => {
  assert.deepEqual(readHubFile('nats:\n  servers: [nats://a:4222]\n').settings, {
    nats: {
      servers: ['nats://a:4222'],
      stream: 'holdfast',
      subject: 'holdfast.samples',
      replicas: 1,
      keep: true,
      waitingBytes: 10 * 2 ** 30,
    },
  });
  assert.deepEqual(readHubFile('').settings, {});
});

test('all that is wrong is told at its line and column', () => {
  assert.deepEqual(
    problems('nats:\n  servers: [http://a, "nats://me:secret@b"]\n  steam: x\n  keep: yes\n'),
    [
      '2:13 servers[0] is "http://a": an address such as nats://host:4222, without user or password',
      '2:23 servers[1] is "nats://me:secret@b": an address such as nats://host:4222, without user or password',
      '3:3 unknown key steam in nats',
      '4:9 keep is "yes": expected true or false',
    ],
  );
  assert.deepEqual(problems('nats: { servers: [ }'), [
    '1:20 Flow sequence in block collection must be sufficiently indented and end with a ]',
  ]);
});
