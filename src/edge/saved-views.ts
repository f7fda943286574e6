import { SavedView } from '#contract/api.ts';
import type { Core } from '#edge/core.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

const STATE = 'saved-views';
const MOST_VIEWS = 200;

/** Views of trends that people have given a name, for all who may see their tags. Kept in the journal's state. */
export class SavedViews {
  readonly #core: Pick<Core, 'journal' | 'clock'>;
  readonly #views = new Map<string, SavedView>();

  constructor(core: Pick<Core, 'journal' | 'clock'>) {
    this.#core = core;
    const kept = core.journal.opened.state.get(STATE);
    for (const one of Array.isArray(kept) ? kept : []) {
      const view = SavedView.safeParse(one);
      if (view.success) this.#views.set(view.data.name, view.data);
    }
  }

  /** In the order of their names. */
  list(): readonly SavedView[] {
    return [...this.#views.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /** In place of one of that name. @throws Fault `view.too-many` */
  save(view: Omit<SavedView, 'savedUs'>): SavedView {
    if (!this.#views.has(view.name) && this.#views.size >= MOST_VIEWS)
      throw new Fault('view.too-many', `there are ${MOST_VIEWS} saved views`, {
        retry: 'never',
        hint: 'remove one that nobody needs',
      });
    const saved = { ...view, savedUs: this.#core.clock.nowUs() };
    this.#views.set(view.name, saved);
    this.#keep();
    return saved;
  }

  /** @throws Fault `view.unknown` */
  remove(name: string): void {
    if (!this.#views.delete(name))
      throw new Fault('view.unknown', `there is no saved view ${name}`, { retry: 'never' });
    this.#keep();
  }

  #keep(): void {
    this.#core.journal.state(STATE, this.list() as unknown as Json);
  }
}
