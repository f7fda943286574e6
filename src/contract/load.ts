import { checkDetector } from '#contract/check-detectors.ts';
import { checkNotices, checkShifts } from '#contract/check-notices.ts';
import { checkPanel } from '#contract/check-panel.ts';
import { checkPeers, checkPoints, type Peer } from '#contract/check-peers.ts';
import { checkPictures } from '#contract/check-pictures.ts';
import { checkRule } from '#contract/check-rules.ts';
import { checkTag, complainOf } from '#contract/check-tags.ts';
import { type Expanded, expand, parentOf } from '#contract/expand.ts';
import { check } from '#contract/explain.ts';
import { type Finding, Findings, inAsset, inOrder } from '#contract/findings.ts';
import { type Halves, NOWHERE } from '#contract/halves.ts';
import type { PeerModel, Problem, RuleModel, SiteModel, TagModel, Where } from '#contract/model.ts';
import { offsetAsWritten, type Values } from '#contract/params.ts';
import type { Place, Places } from '#contract/places.ts';
import type { Plugins } from '#contract/plugins.ts';
import { Settings } from '#contract/settings.ts';
import { ActuatorEntry, type Sections, SinkEntry, SiteFile, SiteHead, SourceEntry } from '#contract/site.ts';
import { readYaml } from '#contract/yaml.ts';

const LIMIT_TAGS = 200_000;

export interface Loaded {
  /** Absent when there is any error. */
  readonly model?: SiteModel;
  /** In the order of the file, hints included. */
  readonly problems: readonly Problem[];
  readonly located: Located;
  /** What could be read beside the errors, so that expressions are checked all the same. */
  readonly draft?: Draft;
}

export interface Draft {
  readonly model: SiteModel;
  /** Entries that are not in the model for being wrong in some field; their expressions may be wrong as well. */
  readonly halves: Halves;
  /** Whether the item's text names a tag that is there but wrong: what seems unknown in it may be known. */
  namesBroken(item: Item, field: string): boolean;
}

/** A tag, rule, alarm or detector of the model. */
interface Item {
  readonly where: Where;
  readonly asset: string;
}

/** Finds places for what is checked after loading: expressions. */
export interface Located {
  /**
   * Of a key's value.
   * @param offset 0-based, into the text as it is in the file
   */
  locate(where: Where, offset?: number): Place;
  /** Of the key itself. */
  locateKey(where: Where): Place;
  /**
   * A problem at an offset of an item's text, parameters already filled in.
   * @param field path below the item, by dots: `when`, `derive`, `write.interlock`, `do.0.write.value`
   */
  problem(item: Item, field: string, said: ItemProblem): Problem;
  /** Whether the file has a text there. */
  isText(item: Item, field: string): boolean;
}

export interface ItemProblem {
  readonly offset?: number;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly severity?: 'error' | 'hint';
}

/**
 * Reads a site file: syntax, schemas, types made into assets, and everything that can be known without its machines.
 * Never throws; reports every problem at once. Expressions are not compiled here.
 */
export function loadSite(text: string, plugins: Plugins): Loaded {
  const { root, places, problems: syntax } = readYaml(text);
  const params = new Map<string, Values>();
  const located = locatedIn(places, params);
  const findings = new Findings(places);
  const draft =
    root === undefined && syntax.length > 0
      ? undefined
      : read(root, plugins, params, (finding) => findings.add(finding));
  // What could not be read at all needs no second word on its value.
  const told = new Set(syntax.map(({ line, column }) => `${line}:${column}`));
  const rest = findings.problems().filter(({ line, column }) => !told.has(`${line}:${column}`));
  const problems = [...syntax, ...rest].sort(inOrder);
  const failed = problems.some(({ severity }) => severity === 'error');
  return { ...(draft && { draft }), ...(draft && !failed && { model: draft.model }), problems, located };
}

function locatedIn(places: Places, params: ReadonlyMap<string, Values>): Located {
  return {
    locate: (where, offset) => places.of(where, 'value', offset),
    locateKey: (where) => places.of(where, 'key'),
    isText: (item, field) => places.textOf([...item.where, ...field.split('.')]) !== undefined,
    problem(item, field, { offset, message, hint, severity = 'error' }) {
      const where = [...item.where, ...field.split('.')];
      const ofType = item.where[0] === 'types';
      const values = ofType ? params.get(item.asset) : undefined;
      const written = values && offset !== undefined ? places.textOf(where) : undefined;
      const at = written === undefined || !values ? offset : offsetAsWritten(written, values, offset ?? 0);
      const inside = ofType ? `, ${inAsset(item.asset, String(item.where[1]))}` : '';
      return {
        ...places.of(where, 'value', at),
        message: message + inside,
        ...(hint !== undefined && { hint }),
        severity,
      };
    },
  };
}

function read(
  root: unknown,
  plugins: Plugins,
  params: Map<string, Values>,
  add: (finding: Finding) => void,
): Draft | undefined {
  const sections = headOf(root, add);
  if (!sections) return undefined;
  const site = check(SiteFile.shape.site, sections.site, { where: ['site'], add });
  const settings = check(SiteFile.shape.settings, sections.settings, { where: ['settings'], add });
  const sources = checkPeers(sections.sources, {
    section: 'sources',
    plugins,
    schema: SourceEntry,
    add,
  });
  const actuators = checkPeers(sections.actuators, {
    section: 'actuators',
    plugins,
    schema: ActuatorEntry,
    add,
  });
  const sinks = checkPeers(sections.sinks, {
    section: 'sinks',
    plugins,
    schema: SinkEntry,
    add,
  });
  const expanded = expand(sections, add);
  for (const [asset, values] of expanded.params) params.set(asset, values);
  const tags = tagsOf(expanded, settings ?? Settings.parse({}), add);
  checkPoints(expanded, sources, sections.sources, plugins, add);
  const rules = rulesOf(expanded, expanded.rules, actuators, sections, plugins, add);
  const halfRules = rulesOf(expanded, expanded.halves.rules, actuators, sections, plugins, add);
  uniqueIds(expanded, add);
  checkZone(settings?.timeZone, add);
  checkPanel(settings?.panel, expanded, add);
  const model = {
    site: site ?? '',
    settings: settings ?? Settings.parse({}),
    sources: models(sources),
    actuators: models(actuators),
    sinks: models(sinks),
    shifts: checkShifts(sections.shifts, add),
    notices: checkNotices(sections.notices, sections.shifts, {
      ...actuatorsOf(actuators, sections),
      alarms: expanded.alarms,
      alarmsMissing: alarmsMissing(expanded, sections),
      plugins,
      add,
    }),
    pictures: checkPictures(sections.pictures, expanded, add),
    tags,
    rules,
    alarms: expanded.alarms,
    detectors: expanded.detectors.map((one) => checkDetector(one, expanded, add)),
  };
  const halves = { ...expanded.halves, rules: halfRules };
  return { model, halves, namesBroken: (item, field) => namesBroken(expanded, item, field) };
}

function namesBroken({ broken, brokenAssets }: Expanded, item: Item, field: string): boolean {
  if (brokenAssets.has(item.asset)) return true;
  const text = field.split('.').reduce<unknown>((at, key) => (at as { [key: string]: unknown })?.[key], item);
  if (typeof text !== 'string') return false;
  const names = [...broken].map((path) =>
    parentOf(path) === item.asset ? path.slice(item.asset.length + 1) : path,
  );
  return [...names, ...brokenAssets].some((name) => text.includes(name));
}

const models = (peers: ReadonlyMap<string, Peer>): PeerModel[] =>
  [...peers.values()].map(({ model }) => model);

/** The sections as written; a wrong section is reported and read as empty, so that the others are checked too. */
function headOf(root: unknown, add: (finding: Finding) => void): Sections | undefined {
  const isMap = typeof root === 'object' && root !== null && !Array.isArray(root);
  if (!isMap) {
    const message =
      root === undefined || root === null ? 'the file is empty' : 'the file is no map of keys and values';
    add({ where: [], message, hint: 'begin with `site: name-of-the-site`, then sources: and tags:' });
    return undefined;
  }
  const head = check(SiteHead, root, { where: [], add });
  if (head) return head;
  const usable = Object.entries(root).filter(([key, value]) => {
    const schema = Object.hasOwn(SiteHead.shape, key)
      ? SiteHead.shape[key as keyof typeof SiteHead.shape]
      : undefined;
    return schema?.safeParse(value).success ?? false;
  });
  const repaired = SiteHead.safeParse(Object.fromEntries(usable));
  return repaired.success ? repaired.data : undefined;
}

function tagsOf(expanded: Expanded, settings: Settings, add: (finding: Finding) => void): TagModel[] {
  if (expanded.tags.size > LIMIT_TAGS) {
    const message = `the site has ${expanded.tags.size} tags; the limit is ${LIMIT_TAGS}`;
    add({ where: ['tags'], end: 'key', message, hint: 'split it into several sites' });
  }
  return [...expanded.tags.values()].map((tag) => checkTag(tag, expanded, settings, complainOf(tag, add)));
}

function rulesOf(
  site: Expanded,
  rules: readonly RuleModel[],
  actuators: ReadonlyMap<string, Peer>,
  sections: Sections,
  plugins: Plugins,
  add: (finding: Finding) => void,
): RuleModel[] {
  const known = actuatorsOf(actuators, sections);
  return rules.map((rule) => checkRule(rule, { site, ...known, plugins, add }));
}

function actuatorsOf(actuators: ReadonlyMap<string, Peer>, sections: Sections) {
  const known = new Map([...actuators].map(([id, { model }]) => [id, model]));
  const missing = Object.keys(sections.actuators).filter((id) => !known.has(id));
  return { actuators: known, brokenActuators: new Set([...missing, NOWHERE]) };
}

/** Whether alarms of the site itself could not be read; those of assets may have failed to be made where there are types. */
function alarmsMissing({ alarms, detectors }: Expanded, sections: Sections): boolean {
  const types = Object.keys(sections.types).length > 0 ? 1 : 0;
  const own = alarms.filter(({ detector }) => detector === undefined);
  return (
    own.length < Object.keys(sections.alarms).length + types ||
    detectors.length < Object.keys(sections.detectors).length
  );
}

function checkZone(zone: string | undefined, add: (finding: Finding) => void): void {
  if (zone === undefined) return;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
  } catch {
    const hint = 'a name of the IANA list, such as Europe/Berlin or America/Sao_Paulo';
    add({ where: ['settings', 'timeZone'], message: `there is no time zone ${zone}`, hint });
  }
}

/** A rule that raises an alarm of its own when its inputs are bad needs an id that no alarm has. */
function uniqueIds(site: Expanded, add: (finding: Finding) => void): void {
  const alarms = new Set(site.alarms.map(({ id }) => id));
  for (const rule of site.rules) {
    if (rule.onBad !== 'alarm' || !alarms.has(rule.id)) continue;
    const message = `the rule ${rule.id} raises an alarm when its inputs are bad, and there is another alarm of this id`;
    add({ where: rule.where, end: 'key', message, hint: 'rename the rule or the alarm', asset: rule.asset });
  }
}

/** One problem as the command line and the log show it. */
export function formatProblem(file: string, { line, column, severity, message, hint }: Problem): string {
  const head = `${file}:${line}:${column} ${severity}: ${message}`;
  return hint === undefined ? head : `${head}\n    hint: ${hint}`;
}
