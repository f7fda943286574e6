import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import { chooseEndpoint } from './endpoint.ts';

const uri = (policy: string) => `http://opcfoundation.org/UA/SecurityPolicy#${policy}`;
const ANONYMOUS = { tokenType: 0 };
const NAME = { tokenType: 1, securityPolicyUri: uri('Basic256Sha256') };
const NAME_IN_CLEAR = { tokenType: 1, securityPolicyUri: uri('None') };
const CERTIFICATE = { tokenType: 2 };

const offer = (securityMode: number, policy: string, tokens: object[], url = 'opc.tcp://elsewhere') =>
  ({
    endpointUrl: url,
    securityMode,
    securityPolicyUri: uri(policy),
    userIdentityTokens: tokens,
    securityLevel: 0,
    serverCertificate: Buffer.alloc(0),
  }) as never as Parameters<typeof chooseEndpoint>[0][number];

const offers = [
  offer(1, 'None', [ANONYMOUS, NAME_IN_CLEAR]),
  offer(2, 'Basic256Sha256', [NAME]),
  offer(3, 'Basic256Sha256', [NAME_IN_CLEAR, CERTIFICATE]),
  offer(3, 'Aes256_Sha256_RsaPss', [ANONYMOUS]),
];
const otto = { name: 'otto', passwordEnv: 'X', passwordFile: undefined };
const choose = (mode: 'none' | 'sign' | 'signAndEncrypt', policy = 'basic256Sha256', user?: object) =>
  chooseEndpoint(offers, { security: { mode, policy }, user } as never, 'here');

const refused = (code: string) => (fault: Fault) => {
  assert.equal(fault.code, code);
  return true;
};

test('mode, policy and kind of user decide, never the address in the offer', () => {
  assert.equal(choose('none'), offers[0]);
  assert.equal(choose('sign', 'basic256Sha256', otto), offers[1]);
  assert.equal(choose('signAndEncrypt', 'basic256Sha256', otto), offers[2]);
  assert.equal(choose('signAndEncrypt', 'aes256Sha256RsaPss'), offers[3]);
  const certificate = { certificateFile: 'a', privateKeyFile: 'b' };
  assert.equal(choose('signAndEncrypt', 'basic256Sha256', certificate), offers[2]);
});

test('nothing is chosen in place of what the site file says', () => {
  assert.throws(
    () => choose('sign', 'aes256Sha256RsaPss'),
    (fault: Fault) => {
      assert.match(fault.hint ?? '', /none, sign with Basic256Sha256/);
      return refused('opcua.security')(fault);
    },
  );
  assert.throws(() => choose('sign'), refused('opcua.user-refused'));
});

test('a password is not given to an endpoint that wants it in the clear', () => {
  assert.throws(() => choose('none', 'basic256Sha256', otto), refused('opcua.password-in-clear'));
});
