import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { noRuntime } from '#edge/models/runtime.ts';

const MISSING = "Cannot find package 'onnxruntime-node' imported from /x/model-runner.js";

test('what runs models is asked for in the version that this program was made with', () => {
  const file = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const version: string = JSON.parse(file).optionalDependencies['onnxruntime-node'];
  const { hint } = noRuntime(MISSING, '/opt/holdfast');
  assert.match(
    hint ?? '',
    new RegExp(`--prefix /opt/holdfast onnxruntime-node@${version.replaceAll('.', '\\.')}\``),
  );
});

test('what to do depends on what is missing', () => {
  assert.equal(noRuntime(MISSING, undefined).hint, 'run npm ci');
  const unlinked = noRuntime('libstdc++.so.6: cannot open shared object file: No such file', '/opt/holdfast');
  assert.match(unlinked.message, /runs models on \S+: libstdc\+\+\.so\.6: cannot open/);
  assert.match(unlinked.hint ?? '', /needs glibc and libstdc\+\+/);
});
