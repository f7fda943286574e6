import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { showMembership } from '#trust/hub/enrol.ts';
import { readMembership } from '#trust/hub/membership.ts';
import { Sandbox } from '../e2e/sandbox.ts';
import { until } from '../until.ts';
import { HubRig, patience } from './rig.ts';

const LIMIT_MS = 60_000;

/* Whatever moment a box dies at while it joins: it has joined, or the same token lets it in. */
describe('a box that is killed while it joins', { concurrency: false }, () => {
  let rig: HubRig;
  const box = new Sandbox();
  before(async () => {
    rig = await HubRig.start();
  });
  after(async () => {
    await box[Symbol.asyncDispose]();
    await rig?.[Symbol.asyncDispose]();
  });

  const given = async (site: string) =>
    (await rig.hub.database.pool.query('SELECT 1 FROM identities WHERE site = $1', [site])).rowCount === 1;

  const moments: { readonly [when: string]: (site: string) => boolean | Promise<boolean> } = {
    'before anything': () => true,
    'with its key on the disk': (site) => existsSync(box.path(site, 'trust/hub/next.key')),
    'with its certificate given': given,
    'with everything kept': (site) => existsSync(box.path(site, 'trust/hub/membership.json')),
  };

  for (const [i, [when, hasCome]] of Object.entries(moments).entries()) {
    test(`${when} it loses nothing`, async () => {
      const site = `killed-${i}`;
      const token = await rig.token(site);
      const data = box.path(site);
      const joining = box.start(['edge', 'join', rig.url, token, '--data', data]);
      await until(when, () => hasCome(site), LIMIT_MS);
      await joining.stop('SIGKILL');
      const trustDir = join(data, 'trust');
      if (!(await readMembership(trustDir))) {
        const { status, stderr } = await box.run('edge', 'join', rig.url, token, '--data', data);
        assert.equal(status, 0, stderr);
      }
      const membership = await readMembership(trustDir);
      assert.equal(membership?.site, site);
      await showMembership(membership, patience());
      assert.ok(await given(site), 'one certificate, not two');
    });
  }
});
