import type { TAG_ROUTES } from '#contract/routes/tags.ts';
import type { AlarmAct } from '#decide/api.ts';
import { alarmView } from '#edge/api/alarm-view.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { tagNamed, unknown } from '#edge/api/named.ts';
import { TagIndex } from '#edge/api/tag-index.ts';
import { tagDetail, tagValue } from '#edge/api/tag-value.ts';
import { usageOf } from '#edge/api/usage.ts';
import { RuleTally } from '#edge/rule-tally.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';
import { isBad, isGood } from '#kernel/quality.ts';
import { type Caller, isWithin } from '#kernel/rights.ts';
import type { Tag } from '#kernel/tag-table.ts';

/** Live values, alarms and rules. */
export function tagHandlers(site: Site): Pick<Handlers, keyof typeof TAG_ROUTES> {
  const { core } = site;
  const index = new TagIndex(site);
  const usage = usageOf(site);
  const tally = new RuleTally();
  core.recent.listen((event) => tally.take(event));
  const alarms = () => core.decisions.alarms();
  const alarm = (id: string, { areas }: Caller) => {
    const all = alarms();
    const found = all.find((one) => one.id === id);
    if (found) return alarmView(site, found);
    const ids = all.map((one) => one.id);
    throw unknown('alarm', id, ids, areas);
  };
  return {
    tags({ query: { prefix, search, quality, source, limit, after } }, _signal, { caller: { areas } }) {
      const isWanted = matching(search, [
        ...(quality ? [classOf(site, quality)] : []),
        ...(source === undefined ? [] : [readFrom(site, source)]),
      ]);
      const items = [];
      let last = '';
      for (const tag of index.from(prefix, after)) {
        if (!isWithin(areas, tag.path) || !isWanted(tag)) continue;
        if (items.length === limit) return { items, next: { after: last } };
        items.push(tagValue(core, tag));
        last = tag.path;
      }
      return { items };
    },
    tag: ({ params: { path } }, _signal, { caller }) =>
      tagDetail(site, usage, core.table.get(tagNamed(core.table, path, caller))),
    tagTree: ({ query: { at, depth } }, _signal, { caller: { areas } }) =>
      index.below(at, depth, ({ path }) => isWithin(areas, path)),
    alarms({ query: { prefix, state, priority, active } }, _signal, { caller: { areas } }) {
      return alarms()
        .filter(
          (one) =>
            one.id.startsWith(prefix) &&
            isWithin(areas, one.id) &&
            (state?.includes(one.state) ?? true) &&
            (priority?.includes(one.priority) ?? true) &&
            (active === undefined || active === (one.state !== 'normal')),
        )
        .map((one) => alarmView(site, one));
    },
    alarm: ({ params }, _signal, { caller }) => alarm(params.alarm, caller),
    async operateAlarm({ body: { id, act, forMin, comment, by } }, _signal, { caller }) {
      alarm(id, caller);
      if (act === 'comment' && !comment)
        throw new Fault('api.bad-request', 'there is no comment', { hint: 'say it: comment' });
      core.path.operate(id, alarmAct(act, forMin), by, comment);
      await site.durable();
      return alarm(id, caller);
    },
    rules: (_asked, _signal, { caller: { areas } }) => {
      const shadows = new Map(core.shadows.status(core.clock.steadyUs()).map((one) => [one.id, one]));
      const states = new Map(core.decisions.rules().map(({ id, state }) => [id, state]));
      return site.blueprint.model.rules
        .filter(({ id }) => isWithin(areas, id))
        .map(({ shadow: _, insteadOf: __, ...rule }) => ({
          ...rule,
          state: states.get(rule.id) ?? 'unknown',
          reads: usage.readBy(rule.id),
          firings: 0,
          ...tally.of(rule.id),
          shadow: shadows.get(rule.id) ?? null,
        }));
    },
  };
}

type IsSo = (tag: Tag) => boolean;

function matching(search: string | undefined, all: readonly IsSo[]): IsSo {
  const text = search?.toLowerCase();
  return (tag) => {
    if (!all.every((isSo) => isSo(tag))) return false;
    if (text === undefined) return true;
    return tag.path.includes(text) || (tag.description?.toLowerCase().includes(text) ?? false);
  };
}

function readFrom(site: Site, source: string): IsSo {
  const numbers = new Set(site.tagsOf(source));
  return ({ number }) => numbers.has(number);
}

function classOf(site: Site, wanted: 'good' | 'uncertain' | 'bad'): IsSo {
  return ({ number }) => {
    const { quality } = site.core.values.get(number);
    const is = isGood(quality) ? 'good' : isBad(quality) ? 'bad' : 'uncertain';
    return is === wanted;
  };
}

function alarmAct(act: AlarmAct['act'], forMin: number | undefined): AlarmAct {
  if (act !== 'shelve') return { act };
  if (forMin !== undefined) return { act, forMin };
  throw new Fault('api.bad-request', 'shelving needs an end', { hint: 'say for how many minutes: forMin' });
}
