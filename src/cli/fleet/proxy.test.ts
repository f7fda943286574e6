import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxyTo } from './proxy.ts';

const HTTPS_PROXY = 'http://proxy:3128';

test('a hub is reached through the proxy of the environment, but for the hosts that it exempts', () => {
  const through = (hub: string, NO_PROXY?: string) =>
    proxyTo(hub, { HTTPS_PROXY, ...(NO_PROXY && { NO_PROXY }) }) === HTTPS_PROXY;
  assert.equal(proxyTo('https://hub:8443', {}), undefined);
  assert.equal(proxyTo('https://hub:8443', { https_proxy: 'http://p:1' }), 'http://p:1');
  assert.equal(through('https://hub.example:8443'), true);
  for (const [exempt, isExempt] of [
    ['*', true],
    ['hub.example', true],
    ['example', true],
    ['.example', true],
    ['*.example', true],
    ['ample', false],
    ['other, hub.example:8443', true],
    ['hub.example:443', false],
    ['HUB.Example', true],
  ] as const)
    assert.equal(through('https://hub.example:8443', exempt), !isExempt, exempt);
  for (const here of ['localhost', '127.0.0.1', '[::1]'])
    assert.equal(through(`https://${here}:8443`), false);
  assert.equal(through('https://10.0.0.7:8443', '10.0.0.7'), false);
  assert.equal(through('https://[fd00::7]:8443', 'fd00::7'), false);
  assert.equal(through('https://[fd00::7]:8443', '[fd00::7]:8443'), false);
});
