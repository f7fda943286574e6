import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import pino from 'pino';
import { logText } from '#cli/log.ts';

const AT = Date.UTC(2026, 0, 1, 12, 30, 5);

/** What people read of what is logged. */
function shown(log: (to: pino.Logger) => void): string {
  let text = '';
  const options = { base: { site: 'north' }, timestamp: () => `,"time":${AT}`, level: 'debug' };
  log(pino(options, { write: (line) => (text += logText(line)) }));
  return text;
}

test('a line says time, level, message and details; the hint stands below', () => {
  assert.equal(
    shown((log) => log.info({ url: 'http://127.0.0.1:7420', mode: 'live' }, 'site runs')),
    '12:30:05  info   site runs  url=http://127.0.0.1:7420  mode=live\n',
  );
  assert.equal(
    shown((log) => log.warn({ error: 'no route', hint: 'put it back' }, 'site.yaml is gone')),
    '12:30:05  warn   site.yaml is gone  error="no route"\n                 put it back\n',
  );
});

test('a message of several lines, as problems of a file are, keeps them', () => {
  assert.equal(
    shown((log) => log.error({}, 'site.yaml:3:1 error: no\n    hint: yes')),
    '12:30:05  error  site.yaml:3:1 error: no\n                     hint: yes\n',
  );
});

test('an error that nobody foresaw is said with its stack', () => {
  const text = shown((log) => log.fatal({ err: new Error('boom') }, 'the site ends'));
  assert.match(text, /^12:30:05 {2}fatal {2}the site ends\n {17}Error: boom\n {17} {4}at /);
});

test('nothing that is logged moves the cursor or pretends to be another line', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, text, (message, detail, hint) => {
      const lines = shown((log) => log.info({ detail, hint }, message)).split('\n');
      assert.ok(lines.every((line) => !/\p{C}/u.test(line)));
      assert.equal(lines.filter((line) => /^\S/.test(line)).length, 1);
    }),
  );
});
