import type { SavedView } from '#contract/api.ts';
import type { VIEW_ROUTES } from '#contract/routes/views.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { SavedViews } from '#edge/saved-views.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';
import { type Caller, isWithin } from '#kernel/rights.ts';

/** Saved views of trends. */
export function viewHandlers(site: Site): Pick<Handlers, keyof typeof VIEW_ROUTES> {
  const { core } = site;
  const views = new SavedViews(core);
  // A calculation may name any tag, so it is for those who may see all of them.
  const seenBy = ({ areas }: Caller) =>
    views
      .list()
      .filter(({ calculations }) => areas === undefined || !calculations?.length)
      .filter(({ tags }) => tags.every(({ path }) => isWithin(areas, path)));
  const mustSee = (name: string, caller: Caller): SavedView => {
    const found = seenBy(caller).find((one) => one.name === name);
    if (found) return found;
    throw new Fault('view.unknown', `there is no saved view ${name}`, { retry: 'never' });
  };
  return {
    views: (_asked, _signal, { caller }) => seenBy(caller),
    async saveView({ body }, _signal, { caller }) {
      if (caller.areas && body.calculations?.length)
        throw new Fault('api.forbidden', 'a view with calculations is for those who may see the whole site', {
          retry: 'never',
          hint: 'save it without them',
        });
      for (const { path } of body.tags) {
        const outside = !isWithin(caller.areas, path);
        if (outside) throw new Fault('tag.unknown', `there is no tag ${path}`, { retry: 'never' });
        core.table.number(path);
      }
      // A name that somebody uses whose tags one may not see is not taken away.
      if (views.list().some(({ name }) => name === body.name)) mustSee(body.name, caller);
      const saved = views.save(body);
      await site.durable();
      return saved;
    },
    async removeView({ body: { name } }, _signal, { caller }) {
      views.remove(mustSee(name, caller).name);
      await site.durable();
      return seenBy(caller);
    },
  };
}
