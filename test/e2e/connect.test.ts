import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PlantInfo } from '#plant/control/info.ts';
import { DEFAULT_PORTS } from '#plant/plant.ts';
import { until } from '../until.ts';
import { type Ended, Sandbox } from './sandbox.ts';

/* The newcomer's page, command by command as it stands there: what is told there must not rot. */

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/connect.md');
/** On a busy machine each look takes seconds; this only ends what would fail anyway. */
const LIMIT_MS = 60_000;
/** Where the page has the digits that differ from plant to plant. */
const DIGITS = '0123456789abcdef';

/** How a command of the page begins, what it says, and its exit status. */
type Line = readonly [begins: string, says: RegExp, status?: number];

const MAIN: readonly Line[] = [
  ['holdfast discover opcua', /signAndEncrypt with Basic256Sha256; certificate SHA-256 .*url: opc\.tcp:/s],
  ['cat > site.yaml', /^$/],
  ['holdfast source test utilities', /the server's certificate is not known yet.*2 failed/s, 1],
  ['holdfast certificates', /CN=Holdfast plant utilities .* waiting/],
  ['holdfast certificates trust', / trusted /],
  ['holdfast source test utilities', /no tag of the site file reads from it.*no step failed/s],
  [
    'holdfast browse utilities --site',
    /pressure_setpoint: # .*the device also takes writes.*\n {4}unit: bar/,
  ],
  ['holdfast browse utilities', /\+ tag hall\/air\/pressure\n.*4 tags added/s],
  ['cat > limits.csv', /^$/],
  ['holdfast tags import limits.csv', /~ tag hall\/air\/pressure_setpoint: access read → readWrite/],
  ['holdfast check', /^site.yaml: 1 source, 4 tags, 0 rules, 0 alarms: no error/],
  ['holdfast source test utilities', /4 of 4 tags have a value, no step failed/],
  ['holdfast edge', /site runs/],
  ['holdfast status', /utilities +opcua +running/],
  ['holdfast tags', /hall\/air\/pressure +\d\.\d+ +bar +good/],
  ['cat >> site.yaml', /^$/],
  ['holdfast alarms', /air-pressure-high +medium +unacknowledged +true +Lower the set-point/],
  ['holdfast alarm acknowledge', /acknowledged/],
  ['holdfast write hall/air/pressure_setpoint 6', /sent/],
  ['holdfast alarms', /air-pressure-high +medium +normal/],
  ['holdfast events', /alarm\.normal +air-pressure-high/],
  ['holdfast config history', /alarm air-pressure-high added/],
  ['holdfast config undo', /alarm air-pressure-high removed/],
  ['holdfast alarms', /^no alarms/],
  ['holdfast browse utilities', /\d\d tags added/],
  ['holdfast tags export', /\d\d tags/],
  ['holdfast tags import tags.csv --site site.yaml --dry-run', /0 added, 0 changed/],
  ['holdfast tags import', /0 added, 0 changed/],
];

const OTHERS: readonly Line[] = [
  ['holdfast discover modbus', /unit 1 +answers.*kind: modbus/s],
  ['cat > modbus.yaml', /^$/],
  ['holdfast source test pumps', /no step failed/],
  ['holdfast browse pumps', /6 tags added/],
  ['holdfast source test pumps', /6 of 6 tags have a value, no step failed/],
  ['holdfast discover mqtt', /plant\/line1\/env\/temperature.*kind: mqtt/s],
  ['cat > mqtt.yaml', /^$/],
  ['holdfast browse sensors', /18 tags added/],
  ['holdfast source test sensors', /18 of 18 tags have a value, no step failed/],
  ['cat > sparkplug.yaml', /^$/],
  ['holdfast edge --site sparkplug.yaml', /site runs/],
  ['holdfast browse packaging', /\d tags added/],
  ['holdfast tags', /packaging\/palletizer\/\w+ .* good/],
];

test('the page for newcomers works by copy and paste alone', async () => {
  await using box = new Sandbox();
  const { first, main, others } = partsOf(readFileSync(PAGE, 'utf8'));
  const reader = new Reader(box);
  assert.deepEqual(first.slice(1), ['holdfast plant']);
  assert.equal((await reader.run(first[0] ?? '', ROOT)).status, 0);
  await reader.startPlant();
  await Promise.all([
    reader.follow(main, MAIN),
    reader.follow(others, OTHERS).then(() => reader.tellsWhatThePageLeavesOut()),
  ]);
});

test('a command whose reader has seen enough ends without a word', async () => {
  await using box = new Sandbox();
  const { stdout, stderr } = await new Reader(box).run('holdfast schema | head -1', ROOT);
  assert.deepEqual([stdout, stderr], ['{\n', '']);
});

/** Commands of the page: those before there is a machine, those with OPC UA, and those of the other protocols. */
function partsOf(page: string) {
  const at = (heading: string) => {
    const found = page.indexOf(`\n## ${heading}`);
    assert.ok(found > 0, heading);
    return found;
  };
  const [begin, other, many] = [at('2.'), at('The same for'), at('Many tags')];
  return {
    first: commandsOf(page.slice(0, begin)),
    main: [...commandsOf(page.slice(begin, other)), ...commandsOf(page.slice(many))],
    others: commandsOf(page.slice(other, many)),
  };
}

/** One a line, except that the text of a file belongs to the command that writes it. */
function commandsOf(page: string): string[] {
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(({ 1: text = '' }) => text);
  return blocks.flatMap((text) => text.match(/^.*<<'EOF'\n(?:.*\n)*?EOF$|^.+$/gm) ?? []);
}

/** Somebody who does what the page says. */
class Reader {
  readonly #box: Sandbox;
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;
  #plant: PlantInfo | undefined;

  constructor(box: Sandbox) {
    this.#box = box;
    this.#dir = box.path('first-site');
    this.#env = { HOME: box.dir, PATH: `${ROOT}:${process.env.PATH}`, HOLDFAST_DATA: '' };
  }

  /** As the page does it, but on free ports, and faster, since nobody wants to wait for air to leave a pipe. */
  async startPlant(): Promise<void> {
    const ports = ['--opcua', '--mqtt', '--modbus-a', '--modbus-b'].flatMap((port) => [port, '0']);
    const plant = this.#box.start(['plant', '--speed', '8', ...ports]);
    await until('the plant runs', () => plant.stdout().includes('certificate'), LIMIT_MS);
    this.#plant = JSON.parse(readFileSync(this.#box.path('holdfast/plant/plant.json'), 'utf8'));
  }

  async follow(commands: readonly string[], lines: readonly Line[]): Promise<void> {
    for (const [i, command] of commands.entries()) {
      const [begins, says, status = 0] = lines[i] ?? ['', /$./];
      assert.ok(begins !== '' && command.startsWith(begins), `${command}: nobody knows what it should say`);
      const text = this.#here(command);
      if (text.startsWith('holdfast edge')) await this.#startSite(text, says);
      else await this.#expect(text, says, status);
    }
    assert.equal(commands.length, lines.length, 'every line of the page');
  }

  /** Of the site file that the main part of the page has made by now. */
  async tellsWhatThePageLeavesOut(): Promise<void> {
    // Without a folder the command that the hint names could trust nothing, so that is said.
    await this.#expect(
      'mkdir -p x; cd x; holdfast source test utilities --site ../site.yaml',
      /not known yet.*no data folder: this certificate, and our own, are forgotten again/s,
      1,
    );
    const writable = 'holdfast browse packaging --data data-sparkplug --from plant/packaging --writable';
    await this.#expect(writable, /access: readWrite(?!.*the device also takes writes)/s, 0);
  }

  async run(text: string, cwd = this.#dir): Promise<Ended> {
    return await this.#begin(text, cwd).ended;
  }

  #begin(text: string, cwd = this.#dir) {
    // What the sandbox would start becomes arguments of the shell that nobody reads.
    return this.#box.start([], { under: ['sh', '-c', text], cwd, env: this.#env });
  }

  async #startSite(text: string, says: RegExp): Promise<void> {
    const site = this.#begin(text);
    await until(`${text}: ${says}`, () => says.test(site.stdout()) || site.child.exitCode !== null, LIMIT_MS);
    assert.equal(site.child.exitCode, null, site.stderr());
  }

  /** What only looks is looked at until it shows what it should; all else is done once. */
  async #expect(text: string, says: RegExp, status: number): Promise<void> {
    const looks =
      /^(?:mkdir -p x; cd x; )?holdfast (?:discover|source test|alarms|events|status|tags(?! import| export))/.test(
        text,
      );
    const said = new Set<string>();
    const isRight = async () => {
      const { status: ended, stdout, stderr } = await this.run(text);
      said.add(`ended with ${ended}\n${stdout}${stderr}`);
      return says.test(stdout + stderr) && ended === status;
    };
    const isSeen = looks
      ? await until(text, isRight, LIMIT_MS).then(
          () => true,
          () => false,
        )
      : await isRight();
    // Whatever was said on the way may hold the reason.
    assert.ok(isSeen, `${text}\nshould end with ${status} and say ${says}\n${[...said].join('\n')}`);
  }

  /** With what differs here: ports, also that of the site's own API, digits of the fingerprint, and a yes where a person would be asked. */
  #here(command: string): string {
    const { opcua, modbusA, mqttUrl } = this.#plant as PlantInfo;
    const portOf = (url: string) => new URL(url.replace('opc.tcp', 'http').replace('mqtt', 'http')).port;
    return command
      .replaceAll(`${DEFAULT_PORTS.opcua}`, portOf(opcua.url))
      .replaceAll(`${DEFAULT_PORTS.modbusA}`, `${modbusA.port}`)
      .replaceAll(`${DEFAULT_PORTS.mqtt}`, portOf(mqttUrl))
      .replace(/^site: first-site$/m, '$&\nsettings: { api: { port: 0 } }')
      .replace(DIGITS, opcua.fingerprint.slice(0, DIGITS.length))
      .replace(/^holdfast discover .*/, '$& --yes');
  }
}
