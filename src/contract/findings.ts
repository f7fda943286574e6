import type { Problem, Where } from '#contract/model.ts';
import type { End, Places } from '#contract/places.ts';

/** Something wrong, told by its path in the file. */
export interface Finding {
  readonly where: Where;
  readonly end?: End;
  /** Position in a text value, 0-based. */
  readonly offset?: number | undefined;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly severity?: 'error' | 'hint';
  /** Asset that made an entry of a type fail. */
  readonly asset?: string | undefined;
}

interface Entry {
  readonly problem: Problem;
  readonly type: string | undefined;
  readonly assets: Set<string>;
  /** True of the type itself, whichever asset uses it. */
  general: boolean;
}

/** Gathers findings: one place with one message is one problem, whether one asset or forty lead to it. */
export class Findings {
  readonly #places: Places;
  readonly #entries = new Map<string, Entry>();

  constructor(places: Places) {
    this.#places = places;
  }

  add(finding: Finding): void {
    const { where, end, offset, message, hint, severity = 'error', asset } = finding;
    const place = this.#places.of(where, end, offset);
    const id = `${place.line}:${place.column}:${message}`;
    let entry = this.#entries.get(id);
    if (!entry) {
      const problem: Problem = { ...place, message, ...(hint !== undefined && { hint }), severity };
      const type = where[0] === 'types' ? String(where[1]) : undefined;
      entry = { problem, type, assets: new Set(), general: false };
      this.#entries.set(id, entry);
    }
    if (entry.type === undefined || asset === undefined) entry.general = true;
    else entry.assets.add(asset);
  }

  /** In the order of the file. */
  problems(): Problem[] {
    return [...this.#entries.values()].map(worded);
  }
}

function worded({ problem, type, assets, general }: Entry): Problem {
  const [first] = assets;
  if (general || first === undefined) return problem;
  return { ...problem, message: `${problem.message}, ${inAsset(first, type ?? '', assets.size - 1)}` };
}

/** How a message names the asset that made an entry of a type fail. */
export function inAsset(asset: string, type: string, others = 0): string {
  const more = others === 0 ? '' : ` and ${others} ${others === 1 ? 'other' : 'others'}`;
  return `in asset ${asset} (type ${type})${more}`;
}

export const inOrder = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;
