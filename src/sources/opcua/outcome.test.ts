import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import { methodEnded, requestEnded, writeEnded } from './outcome.ts';

const LOST = [
  'BadTimeout',
  'BadCommunicationError',
  'BadNoCommunication',
  'BadServerNotConnected',
  'BadSecureChannelClosed',
  'BadConnectionClosed',
  'BadRequestInterrupted',
  'BadRequestTimeout',
  'BadRequestCancelledByClient',
  'BadSessionClosed',
  'BadShutdown',
  'BadUnexpectedError',
];
const TURNED_AWAY = [
  'BadNotWritable',
  'BadNodeIdUnknown',
  'BadTypeMismatch',
  'BadOutOfRange',
  'BadUserAccessDenied',
  'BadSecurityModeInsufficient',
  'BadServerTooBusy',
  'BadSessionIdInvalid',
];

test('a code of which nobody knows what became of the request leaves it unknown, however it comes', () => {
  for (const code of LOST) {
    const ended = [
      writeEnded(code),
      methodEnded(code, code),
      requestEnded(new Error(`ServiceResult ${code}`)),
    ];
    assert.deepEqual(
      ended.map(({ state }) => state),
      ['unknown', 'unknown', 'unknown'],
      code,
    );
  }
  assert.equal(writeEnded('BadDeviceFailure').state, 'unknown');
  assert.equal(writeEnded('BadSomethingNew').state, 'unknown');
});

test('what was turned away is refused, with its reason', () => {
  for (const code of TURNED_AWAY) {
    const refused = { state: 'refused', reason: code };
    const thrown = requestEnded(new Error(`the server said ${code} (0x80000000)`));
    assert.deepEqual([writeEnded(code), methodEnded(code, code), thrown], [refused, refused, refused]);
  }
});

test('a method that says by a code of its own that it failed has failed; an answer that is lost says nothing', () => {
  assert.deepEqual(methodEnded('BadDeviceFailure', 'jammed'), { state: 'failed', reason: 'jammed' });
  assert.equal(requestEnded(new Fault('x', 'the socket is gone')).state, 'unknown');
});
