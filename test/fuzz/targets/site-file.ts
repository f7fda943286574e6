import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { GOOD } from '#contract/fixture.ts';
import { loadSite } from '#contract/load.ts';
import { readSheet } from '#contract/sheet.ts';
import { Compiler } from '#decide/expressions/compile.ts';
import { loadPlugins } from '#edge/plugins.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { SITE_FILE } from '#plant/site-file.ts';
import type { Target } from '../target.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);
const PLANT = readFileSync(SITE_FILE, 'utf8');
const SMALL = `site: plant
settings: { api: { port: 0 }, journal: { quotaMb: 64, commitMs: 20 } }
sources:
  broker: { kind: mqtt, url: "mqtt://127.0.0.1:1883", qos: 1 }
  plc: { kind: modbus, host: 127.0.0.1, port: 502, everyMs: 50 }
  machine: { kind: opcua, url: "opc.tcp://127.0.0.1:4840", security: { mode: none } }
  cells: { kind: sparkplug, url: "mqtt://127.0.0.1:1883", hostId: site }
tags:
  a/x: { source: broker, address: { topic: x, path: v.w }, range: [0, 100], unit: bar }
  a/r: { source: plc, address: { holding: 3, type: float32 }, scale: { factor: 0.1 } }
  a/o: { source: machine, address: { node: "ns=1;i=7" } }
  a/s: { source: cells, address: { group: g, node: n, metric: m } }
  a/d: { derive: 'tag("a/x") * 2.0' }
rules:
  mean: { when: 'mean(tag("a/x"), "10s") > 5.0 && rising(tag("a/d"))', do: [] }
alarms:
  high: { when: 'tag("a/x") > 50', priority: low, consequence: c, response: r, onDelayMs: 100 }
`;

/** A site file as somebody typed it: every mistake is told, none is thrown. */
export async function siteFile(): Promise<Target> {
  const plugins = await loadPlugins(PLANT + SMALL);
  return {
    name: 'site-file',
    isText: true,
    // The small ones more often: reading the large one takes its time.
    seeds: () => [...Array.from({ length: 30 }, (_, i) => bytes(i % 2 ? SMALL : GOOD)), bytes(PLANT)],
    read(input) {
      const { model, problems } = loadSite(textOf(input), plugins);
      assert.ok(model || problems.some(({ severity }) => severity === 'error'), 'no model and no reason');
      for (const { line, column, message } of problems)
        assert.ok(line >= 1 && column >= 1 && message, JSON.stringify({ line, column, message }));
    },
  };
}

const EXPRESSIONS = [
  'tag("a/x") > 50.0 && tag("a/y") < 3.0',
  'mean(tag("a/x"), "10s") > 5.0',
  'rising(tag("a/x") > 1.0) || !tag("a/on")',
  'tag("a/x") * 2.0 + abs(tag("a/y")) - 1.5e3',
  'tag("a/on") ? tag("a/x") : tag("a/y")',
  '[1, 2, 3].exists(n, n > 2) && "a".startsWith("b")',
];

/** An expression of a rule. */
export async function expression(): Promise<Target> {
  const tags = new TagTable();
  for (const path of ['a/x', 'a/y']) tags.declare({ path, type: 'number', access: 'read' });
  tags.declare({ path: 'a/on', type: 'boolean', access: 'read' });
  return {
    name: 'expression',
    isText: true,
    seeds: () => EXPRESSIONS.map(bytes),
    read(input) {
      const { expression: compiled, findings } = new Compiler(tags).compile(textOf(input), 'a');
      assert.ok(compiled || findings.length > 0, 'no expression and no reason');
    },
  };
}

/** A table of tags as a spreadsheet wrote it. */
export const tagSheet: Target = {
  name: 'tag-sheet',
  isText: true,
  seeds() {
    const text = 'path;source;unit;range\r\na/x;broker;bar;"0 … 100"\r\n"a/""y""";plc;°C;\r\n';
    return [bytes(text), bytes(text.replaceAll(';', ',')), bytes(`sep=;\r\n${text}`), utf16(text)];
  },
  read(input) {
    const sheet = readSheet(input);
    for (const { line, column, message } of sheet.problems)
      assert.ok(line >= 1 && column >= 1 && message, JSON.stringify({ line, column, message }));
  },
};

const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
