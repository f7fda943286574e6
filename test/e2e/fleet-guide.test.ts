import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PlantInfo } from '#plant/control/info.ts';
import { DEFAULT_PORTS } from '#plant/plant.ts';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';
import { blocksIn, LIMIT_MS, Reader } from './guide.ts';

/* The guide of the fleet, block by block as it stands there: what is told there must not rot. */

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/fleet.md'), 'utf8');
const blocksOf = (heading: string, language?: string) => blocksIn(PAGE, heading, language);

class FleetReader extends Reader {
  async plant(block: string): Promise<void> {
    const ports = ['--opcua', '--mqtt', '--modbus-a', '--modbus-b'].map((port) => `${port} 0`).join(' ');
    await this.starts(block.replace('holdfast plant', `holdfast plant ${ports}`), /certificate/);
    const plant = readFileSync(this.box.path('holdfast/plant/plant.json'), 'utf8');
    const { modbusA }: PlantInfo = JSON.parse(plant);
    this.instead(`${DEFAULT_PORTS.modbusA}`, `${modbusA.port}`);
  }
}

/** As Prometheus tells of it. */
interface Target {
  readonly labels: { readonly job: string; readonly site?: string };
  readonly health: string;
}

const linesOf = (block: string): string[] => block.split('\n').filter((line) => line.trim() !== '');

test('from nothing to three sites, and on through the guide, by copy and paste alone', async () => {
  const reader = new FleetReader();
  await using box = reader.box;
  reader.instead('/tmp/first-fleet', box.path('first-fleet'));
  const port = `${await freePort()}`;
  reader.instead(':8443', `:${port}`);

  const [terminal = '', plant = '', hub = '', files = '', join3 = '', ask = '', end = ''] = blocksOf(
    'From nothing to three sites',
  );
  await reader.says(terminal, /^$/);
  const at = (block: string) => `cd ${box.path('first-fleet')}\n${block}`;
  await reader.plant(plant);
  await reader.starts(at(hub.replace('holdfast hub', `holdfast hub --port ${port}`)), /hub runs/);
  await reader.says(at(files), /^$/);
  // The sites outlive the shell that started them, as those of a terminal do.
  reader.begin(at(`${join3}\nwait`));
  await until('the third one runs', () => existsSync(box.path('first-fleet/north-3/api.json')), LIMIT_MS);
  const [token = '', url = '', sites = '', alarms = '', ack = '', ledger = ''] = linesOf(ask);
  await reader.says(at(token), /It stands nowhere else/);
  await reader.says(at(url), /^$/);
  await reader.says(at(sites), /(north-\d +online .* active +line=\d region=north.*\s+){3}/, { looks: true });
  await reader.says(at(alarms), /(north-\d +tank-not-full +low +unacknowledged.*\s+){3}/, { looks: true });
  await reader.says(at(ack), /north-2.*tank-not-full.*acknowledged/s);
  await reader.says(at(ledger), /(north-\d +[\d ]+ 0 +0 +\d{4}-.*\s*){3}/, { looks: true });
  assert.match(end, /^kill \$\(jobs -p\)/);

  await restOfTheGuide(reader, at);
});

/** The commands of the parts that follow, at the fleet that is there. */
async function restOfTheGuide(reader: Reader, at: (block: string) => string): Promise<void> {
  const { box } = reader;
  const [makesToken = '', joins = '', lists = ''] = blocksOf('A site joins');
  const fourth = await reader.says(at(makesToken.replace('north-1', 'north-4')), /hfj1\./);
  reader.instead('hfj1.…', /hfj1\.\S+/.exec(fourth)?.[0] ?? '');
  reader.instead('hub.example', 'localhost');
  reader.instead('/var/lib/holdfast-hub', box.path('first-fleet/hub'));
  reader.instead('/var/lib/holdfast', box.path('first-fleet/north-1'));
  await reader.says(at(joins.replace('/var/lib/holdfast', 'north-4')), /this box is north-4/);
  await reader.says(at(lists), /north-4 +active/);

  const [people = ''] = blocksOf('Who may ask the hub');
  const [ann = '', ben = '', prometheus = ''] = linesOf(people);
  for (const [name, line] of [
    ['ann', ann],
    ['ben', ben],
  ] as const)
    await reader.says(at(`echo "correct horse battery ${name}" | ${line}`), new RegExp(name));
  await reader.says(at(prometheus), /It stands nowhere else/);

  const [asks = ''] = blocksOf('What the fleet does');
  const [, , all = '', some = '', one = '', events = ''] = linesOf(asks);
  await reader.says(at(all), /north-4 +never/);
  await reader.says(at(some), /no such sites|offline/);
  await reader.says(at(one), /state +online/);
  await reader.says(at(events), /security\.site-joined/);

  const [exports = '', imports = '', exportsOneWay = ''] = blocksOf('Carried by hand');
  reader.instead('/media/stick', box.path('stick'));
  reader.instead('/var/spool/diode', box.path('diode'));
  await reader.says(at(exports), /samples and .* events in 1 parcel|nothing new to carry/);
  await reader.says(at(exportsOneWay), /taken|known|no parcels/);
  await reader.says(at(imports), /taken|known|no parcels/);

  const [restored = ''] = blocksOf("The hub's database comes from a backup");
  await reader.says(at(restored), /until/);
  await boxWithoutHoldfast(reader, at);
  const [revoke = ''] = blocksOf('Somebody may have the key');
  await reader.says(at(revoke), /north-1 is revoked/);
}

/** curl and openssl, and nothing of ours. */
async function boxWithoutHoldfast(reader: Reader, at: (block: string) => string): Promise<void> {
  const made = await reader.says(at('holdfast hub join-token --site plain-1'), /hfj1\./);
  reader.instead('hfj1.EST', /hfj1\.\S+/.exec(made)?.[0] ?? '');
  const blocks = blocksOf('Boxes without Holdfast’s command'.replace('’', "'"));
  const text = blocks.join('\n').replaceAll('hfj1.…', 'hfj1.EST').replaceAll('north-1', 'plain-1');
  await reader.says(at(`set -e\n${text}`), /"site":"plain-1"/);
}

test('Prometheus and Ansible find the fleet with what the guide says', async () => {
  const reader = new FleetReader();
  await using box = reader.box;
  const port = `${await freePort()}`;
  const at = (block: string) => `export HOLDFAST_HUB=${box.path('hub')}\ncd ${box.dir}\n${block}`;
  const hub = await reader.starts(at(`exec holdfast hub --port ${port} --host 127.0.0.1`), /hub runs/);
  const label = `--label address=127.0.0.1:9 region=north`;
  const token = /hfj1\.\S+/.exec(
    await reader.says(at(`holdfast hub join-token --site n-1 ${label}`), /hfj1/),
  )?.[0];
  await reader.says(at(`holdfast edge join https://127.0.0.1:${port} ${token} --data n-1`), /n-1/);
  const create = linesOf(blocksOf('Who may ask the hub')[0] ?? '')[2] ?? '';
  await reader.says(at(create), /It stands nowhere else/);
  const rootPem = linesOf(blocksOf("Boxes without Holdfast's command")[0] ?? '').find((line) =>
    /root\.pem/.test(line),
  );
  assert.ok(rootPem);
  reader.instead('hub.example:8443', `localhost:${port}`);
  await reader.says(at(rootPem), /^/);

  const yaml = blocksOf('The API', 'yaml')[0] ?? '';
  const config = yaml.replaceAll('hub.example:8443', `localhost:${port}`);
  writeFileSync(box.path('prometheus.yml'), `global: { scrape_interval: 1s }\n${config}`);
  writeFileSync(box.path('site.token'), 'none');
  const web = await freePort();
  const listen = `--web.listen-address=127.0.0.1:${web} --storage.tsdb.path=${box.path('tsdb')}`;
  const prometheus = reader.begin(at(`exec prometheus --config.file=prometheus.yml ${listen}`));
  const asked = async <T>(path: string) =>
    ((await (await fetch(`http://127.0.0.1:${web}/api/v1/${path}`)).json()) as { readonly data: T }).data;
  await until(
    'the hub is scraped, and its site is a target',
    async () => {
      assert.equal(prometheus.child.exitCode, null, prometheus.stderr());
      const found = await asked<{ readonly activeTargets: readonly Target[] }>('targets').catch(
        () => undefined,
      );
      const targets = found?.activeTargets ?? [];
      const isUp = targets.some(({ labels, health }) => labels.job === 'holdfast-hub' && health === 'up');
      return isUp && targets.some(({ labels }) => labels.job === 'holdfast-sites' && labels.site === 'n-1');
    },
    LIMIT_MS,
  );
  const figures = await asked<{ readonly result: readonly unknown[] }>('query?query=holdfast_hub_sites');
  assert.ok(figures.result.length > 0, 'figures of the hub are there');

  const [, script = ''] = /```sh\n(#!\/bin\/sh\nexec holdfast sites --ansible\n)```/.exec(PAGE) ?? [];
  writeFileSync(box.path('fleet'), script, { mode: 0o755 });
  const hubEnv = `export HOLDFAST_HUB_URL=https://localhost:${port} HOLDFAST_HUB_TOKEN="$(cat prometheus.token)"`;
  const listed = await reader.begin(at(`${hubEnv}\nansible-inventory -i ./fleet --list`)).ended;
  assert.equal(listed.status, 0, listed.stderr);
  const inventory = JSON.parse(listed.stdout);
  assert.deepEqual(inventory.region_north.hosts, ['n-1']);
  assert.equal(inventory._meta.hostvars['n-1'].ansible_host, '127.0.0.1');
  await hub.stop();
});
