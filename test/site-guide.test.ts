import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import * as z from 'zod';
import { formatProblem, loadSite } from '#contract/load.ts';
import type { Plugins } from '#contract/plugins.ts';
import { Address as ModbusAddress } from '#sources/modbus/address.ts';
import { Config as ModbusConfig } from '#sources/modbus/config.ts';
import { Address as MqttAddress, Config as MqttConfig } from '#sources/mqtt/config.ts';

const plugins: Plugins = {
  sources: {
    modbus: { config: ModbusConfig, address: ModbusAddress },
    mqtt: { config: MqttConfig, address: MqttAddress },
  },
  actuators: { mqtt: { config: z.looseObject({}) } },
};

test('every example of docs/site-file.md loads without a word', async () => {
  const page = await readFile(new URL('../docs/site-file.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)];
  assert.ok(blocks.length > 5);
  for (const { 1: text = '', index } of blocks) {
    const heading = /## (.*)\n(?![\s\S]*\n## )/.exec(page.slice(0, index))?.[1] ?? '';
    const { model, problems } = loadSite(text, plugins);
    assert.deepEqual(
      problems.map((problem) => formatProblem(heading, problem)),
      [],
    );
    assert.ok(model);
  }
});
