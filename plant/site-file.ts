import { readFile } from 'node:fs/promises';
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
