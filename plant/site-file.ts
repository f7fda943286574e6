import { readFile } from 'node:fs/promises';
import { isMap, parseDocument, type YAMLMap } from 'yaml';
import { DEFAULT_PORTS, type Plant } from '#plant/plant.ts';

/** The site file of the demo, as it stands in the examples: for the default ports. */
export const SITE_FILE = new URL('../examples/plant/site.yaml', import.meta.url);

/** The place of the plant's own certificate, which differs from plant to plant. */
const NO_FINGERPRINT = 'serverFingerprints: []';

/** The site file of the demo for a plant that had to take other ports. @returns YAML text */
export async function siteFileFor(
  plant: Pick<Plant, 'modbusA' | 'modbusB' | 'mqttUrl' | 'opcua'>,
): Promise<string> {
  const text = await readFile(SITE_FILE, 'utf8');
  return text
    .replaceAll(new RegExp(`^(\\s*port: )${DEFAULT_PORTS.modbusA}$`, 'gm'), `$1${plant.modbusA.port}`)
    .replaceAll(new RegExp(`^(\\s*port: )${DEFAULT_PORTS.modbusB}$`, 'gm'), `$1${plant.modbusB.port}`)
    .replaceAll(`mqtt://127.0.0.1:${DEFAULT_PORTS.mqtt}`, plant.mqttUrl)
    .replaceAll(`opc.tcp://127.0.0.1:${DEFAULT_PORTS.opcua}`, plant.opcua.url)
    .replaceAll(NO_FINGERPRINT, `serverFingerprints: ['${plant.opcua.fingerprint}']`);
}

/** What of the demo's site file is about its pumps and their sensors. */
const PUMPING: { readonly [section: string]: RegExp } = {
  sources: /^(pumps|sensors)$/,
  types: /^(feed-tank|pump)$/,
  assets: /\/(tank|pump)$/,
  tags: /^hall\/total\/power$/,
};

/** The site file of a pumping station of the fleet's demo: of the plant, pumps and sensors alone. @returns YAML text */
export async function pumpingSiteFile(
  site: string,
  plant: Parameters<typeof siteFileFor>[0],
): Promise<string> {
  const document = parseDocument(await siteFileFor(plant));
  document.commentBefore = ` Pumping station ${site} of \`holdfast demo --fleet\`: the part of examples/plant/site.yaml that it has.`;
  document.set('site', site);
  document.set('description', 'Pumping station with three pumps');
  for (const [section, wanted] of Object.entries(PUMPING)) {
    const map = document.get(section);
    if (!isMap(map)) continue;
    const all = map as YAMLMap<{ readonly value: string }>;
    all.items = all.items.filter(({ key }) => wanted.test(key.value));
  }
  document.delete('alarms');
  document.delete('pictures');
  document.set('settings', { api: { port: 0 }, hub: { acknowledge: true } });
  return String(document);
}
