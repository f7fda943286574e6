/* From names as devices have them to paths of tags: `area/line/asset/signal`. */

/** Longest segment; what is cut off is told apart by a number behind it. */
const LONGEST = 60;

/**
 * A segment `[a-z][a-z0-9_]*` out of any text: CamelCase is cut into words, umlauts and accents are spelt in ASCII,
 * letters of other scripts by their code, so that different names stay different. Joined by `_`, because expressions
 * read `-` as minus.
 */
export function segmentOf(name: string): string {
  const words = spelt(name)
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  const begun = /^[a-z]/.test(words) ? words : words === '' ? 'unnamed' : `n${words}`;
  return begun.slice(0, LONGEST).replace(/_+$/, '');
}

const SPELT: { readonly [letter: string]: string } = {
  ä: 'ae',
  ö: 'oe',
  ü: 'ue',
  Ä: 'Ae',
  Ö: 'Oe',
  Ü: 'Ue',
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
  Œ: 'Oe',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  µ: 'u',
  μ: 'u',
  '%': ' percent ',
  '°': ' ',
};

/** In ASCII. Marks are taken off last: an umlaut may come as a letter and a mark. */
function spelt(name: string): string {
  return name
    .normalize('NFC')
    .replaceAll(/[^\p{ASCII}]|%/gu, (letter) => SPELT[letter] ?? letter)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\p{ASCII}]/gu, (letter) =>
      /[\p{L}\p{N}]/u.test(letter) ? `_u${letter.codePointAt(0)?.toString(16)}_` : ' ',
    );
}

export interface Named {
  readonly name: string;
  readonly place?: readonly string[];
}

/** From the root of the device down to the thing itself, whether its place says its own name or not. */
export const namesOf = ({ name, place = [] }: Named): readonly string[] =>
  place.at(-1) === name ? place : [...place, name];

/** Gives each thing found a path that nobody has yet: the same things in the same order get the same paths. */
export class Naming {
  readonly #under: string;
  readonly #taken: Set<string>;
  /** The next number to try behind a path. */
  readonly #next = new Map<string, number>();

  /**
   * @param under path before all of them; empty for none
   * @param taken paths that others have
   */
  constructor(under: string, taken: Iterable<string> = []) {
    this.#under = under;
    this.#taken = new Set(taken);
  }

  /** The path that it would have if nobody else had it. */
  wish(found: Named): string {
    const own = namesOf(found).map(segmentOf).join('/');
    return this.#under === '' ? own : `${this.#under}/${own}`;
  }

  path(found: Named): string {
    const wish = this.wish(found);
    let path = wish;
    let n = this.#next.get(wish) ?? 2;
    while (this.#taken.has(path)) path = `${wish}_${n++}`;
    this.#next.set(wish, n);
    this.#taken.add(path);
    return path;
  }
}
