import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SEED } from '#test/torture/in-check.ts';
import { uplink } from '#test/torture/kinds/uplink.ts';

const MAIN = fileURLToPath(import.meta.resolve('#test/torture/main.ts'));
// A browser that a test beside it has open gives up its requests when the machine gets another network.
const IN_ITS_OWN_NETWORK = ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

test('torture: uplink', { skip: uplink.impossible }, async (t) => {
  // Each deed once.
  const torture = ['--seed', `${SEED}`, '--times', '6', 'uplink'];
  const args = [...IN_ITS_OWN_NETWORK, process.execPath, MAIN, ...torture];
  const { stdout } = await promisify(execFile)('unshare', args).catch((error) =>
    assert.fail(`${error.stdout}${error.stderr}`),
  );
  t.diagnostic(stdout);
});
