import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { infoOf } from '#contract/check-peers.ts';
import { learnedText } from '#decide/detectors/learned.ts';
import { learn } from '#decide/detectors/learning.ts';
import { type DetectorSpec, signalsOf } from '#decide/detectors/spec.ts';
import { Grid } from '#edge/detectors/learning/grid.ts';
import { Held } from '#edge/detectors/learning/held.ts';
import { restingOf } from '#edge/detectors/learning/resting.ts';
import { blueprintOf, StillClock } from '#edge/replay/fixture.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { learnedFileOf } from '#plant/learned.ts';
import { PRODUCTS } from '#plant/physics/product.ts';
import { SITE_FILE } from '#plant/site-file.ts';
import { isOfLines, type OfflineSite, offlineSite } from '#test/plant/offline-site.ts';

/*
 * Learns the detectors of examples/plant/site.yaml from hours of its simulated plant, moment by moment as a site reads its
 * past for `holdfast learn`, and writes what they learned beside the file: the same bytes every time.
 *
 *   node tools/learn-demo.ts
 */

const HOURS = 3;
/** Whoever learns a relation sees to it that what it rests on was everywhere: once an hour the pumps walk their speeds. */
const WALK_RPM = [1440, 1700, 2000, 2700, 2900];
const AT_EACH_S = 180;
/** All lines are equal: this one is learned from. */
const LINE = 'hall/line1/';

/** @returns text of each file, by its name */
export async function learnDemo(): Promise<ReadonlyMap<string, string>> {
  const blueprint = await blueprintOf(await readFile(SITE_FILE, 'utf8'));
  const table = new TagTable();
  for (const tag of blueprint.model.tags) table.declare(infoOf(tag));
  const specs = (blueprint.spec.detectors ?? []).filter(({ id }) => id.startsWith(LINE));
  const grids = specs.map((spec) => gridOf(spec, table));
  const site = offlineSite(blueprint, {
    seed: 7,
    reads: isOfLines,
    shown(batch, atUs) {
      for (const grid of grids) {
        grid.passUntil(atUs);
        grid.take(batch, atUs);
      }
    },
  });
  runHours(site);
  return new Map(
    specs.map(({ id, kind, settings }, i) => [
      learnedFileOf(id),
      learnedText(learn(kind, (grids[i] as Grid).done(), settings)),
    ]),
  );
}

function gridOf(spec: DetectorSpec, table: TagTable): Grid {
  const { asset, everyMs, restWhen, restForMs, tags } = spec;
  const fromUs = new StillClock().atUs;
  return new Grid(
    {
      fromUs,
      everyUs: everyMs * 1000,
      moments: (HOURS * 3_600_000) / everyMs,
      signals: signalsOf(spec),
      ranges: tags.map(() => undefined),
      silenceUs: Number.POSITIVE_INFINITY,
      resting:
        restWhen === undefined ? undefined : restingOf({ when: restWhen, asset, forMs: restForMs }, table),
    },
    new Held(tags, table),
    fromUs,
  );
}

function runHours(site: OfflineSite): void {
  const lines = site.world.lines.map(({ commands }) => commands);
  for (let hour = 0; hour < HOURS; hour++) {
    for (const rpm of WALK_RPM) {
      for (const commands of lines) commands.speedSetpointRpm = rpm;
      site.run(AT_EACH_S);
    }
    for (const commands of lines)
      commands.speedSetpointRpm = PRODUCTS[commands.product - 1]?.speedRpm ?? commands.speedSetpointRpm;
    site.run(3600 - WALK_RPM.length * AT_EACH_S);
  }
}

if (import.meta.main) {
  const folder = new URL('learned/', SITE_FILE);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of await learnDemo()) await writeFile(new URL(name, folder), text);
}
