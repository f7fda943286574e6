import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import * as z from 'zod';
import { mqttActuator } from '#actuators/mqtt/mqtt.ts';
import { smtp } from '#actuators/smtp/smtp.ts';
import { webhook } from '#actuators/webhook/webhook.ts';
import { siteJsonSchema } from '#contract/json-schema.ts';
import { formatProblem, loadSite } from '#contract/load.ts';
import type { Plugins } from '#contract/plugins.ts';
import { Config as MqttSinkConfig } from '#sinks/mqtt/config.ts';
import { Address as ModbusAddress } from '#sources/modbus/address.ts';
import { Config as ModbusConfig } from '#sources/modbus/config.ts';
import { Address as MqttAddress, Config as MqttConfig } from '#sources/mqtt/config.ts';
import { Address as OpcuaAddress } from '#sources/opcua/address.ts';
import { Config as OpcuaConfig } from '#sources/opcua/config.ts';
import { Address as SparkplugAddress, Config as SparkplugConfig } from '#sources/sparkplug/config.ts';

const plugins: Plugins = {
  sources: {
    modbus: { config: ModbusConfig, address: ModbusAddress },
    mqtt: { config: MqttConfig, address: MqttAddress },
    opcua: { config: OpcuaConfig, address: OpcuaAddress },
    sparkplug: { config: SparkplugConfig, address: SparkplugAddress },
  },
  actuators: {
    mqtt: mqttActuator,
    smtp,
    webhook,
  },
  sinks: { mqtt: { config: MqttSinkConfig } },
};

const editor = z.fromJSONSchema(siteJsonSchema(plugins) as Parameters<typeof z.fromJSONSchema>[0]);
const EXAMPLE = new URL('../examples/plant/site.yaml', import.meta.url);

/** The loader has nothing to say, and the schema that editors use takes it too. */
function assertGood(name: string, text: string): void {
  const { model, problems } = loadSite(text, plugins);
  assert.deepEqual(
    problems.map((problem) => formatProblem(name, problem)),
    [],
  );
  assert.ok(model);
  assert.equal(editor.safeParse(parse(text)).error, undefined, name);
}

for (const name of ['site-file', 'opcua', 'sparkplug', 'mqtt', 'notices', 'foresight']) {
  test(`every example of docs/${name}.md loads without a word`, async () => {
    const page = await readFile(new URL(`../docs/${name}.md`, import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)];
    assert.ok(blocks.length >= (name === 'site-file' ? 6 : 1));
    for (const { 1: text = '', index } of blocks) {
      const heading = /## (.*)\n(?![\s\S]*\n## )/.exec(page.slice(0, index))?.[1] ?? '';
      assertGood(`${name}: ${heading}`, text);
    }
  });
}

test('the site of the example plant loads without a word', async () => {
  assertGood('site.yaml', await readFile(EXAMPLE, 'utf8'));
});
