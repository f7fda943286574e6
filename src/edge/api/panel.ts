import type { Handlers } from '#edge/api/handlers.ts';
import { outcomeView } from '#edge/api/record.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

/**
 * Writes what `settings.panel.stop` declares: all at once and each with an end of its own, so that one which is refused
 * or late keeps no other from being written. Through the guard like every write, and therefore no emergency stop.
 */
export function stopAtPanel(site: Site): Handlers['panelStop'] {
  const { core } = site;
  return async ({ body: { why } }, _signal, { caller }) => {
    const stop = Object.entries(site.blueprint.model.settings.panel?.stop ?? {});
    if (stop.length === 0) {
      throw new Fault('panel.no-stop', 'this site declares nothing that a stop writes', {
        retry: 'never',
        hint: 'name tags and values at settings.panel.stop in the site file',
      });
    }
    site.securityEvent('security.panel-stop', site.blueprint.model.site, { why }, caller.name);
    const by = { kind: 'operator', name: caller.name } as const;
    const writes = stop.map(async ([path, value]) => {
      const plain = typeof value === 'boolean' ? Number(value) : value;
      return outcomeView(await core.guard.write({ tag: core.table.number(path), value: plain, by, why }));
    });
    return await Promise.all(writes);
  };
}
