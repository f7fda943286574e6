import { FUNCTIONS, PRESENTATION } from './allowed.ts';

/* Values as CSS Syntax Level 3 tokenizes them, as far as a drawing needs: what is not understood is not taken. */

const NAME_CHARACTER = /^[\w-]$/;
const SIMPLE = /^[\w\s,.%+#-]$/;

/**
 * Whether a value is one that only colours, measures and names, and refers to nothing outside of the picture.
 * @param refers told of each `url(#id)`
 */
export function isSafeValue(value: string, refers: (id: string) => void = () => {}): boolean {
  let [at, name, depth] = [0, '', 0];
  while (at < value.length) {
    const char = value[at] as string;
    if (char === '(') {
      if (name.toLowerCase() === 'url') {
        const end = value.indexOf(')', at);
        const id = end < 0 ? undefined : fragment(value.slice(at + 1, end));
        if (id === undefined) return false;
        refers(id);
        at = end + 1;
        name = '';
        continue;
      }
      if (!FUNCTIONS.has(name.toLowerCase())) return false;
      depth++;
    } else if (char === ')') {
      if (--depth < 0) return false;
    } else if (char === '"' || char === "'") {
      const end = value.indexOf(char, at + 1);
      if (end < 0 || value.slice(at, end).includes('\\')) return false;
      at = end;
    } else if (!SIMPLE.test(char)) return false;
    name = NAME_CHARACTER.test(char) ? name + char : '';
    at++;
  }
  return depth === 0;
}

/** What stands in `url(…)`, where it is a place in the same document. */
function fragment(text: string): string | undefined {
  const trimmed = text.trim();
  const quote = trimmed[0];
  const isQuoted = (quote === '"' || quote === "'") && trimmed.length > 1 && trimmed.endsWith(quote);
  return localId(isQuoted ? trimmed.slice(1, -1) : trimmed);
}

/** The id that `#id` names; undefined for everything else. */
export function localId(reference: string): string | undefined {
  const id = reference.trim();
  return id.startsWith('#') && isId(id.slice(1)) ? id.slice(1) : undefined;
}

/** As drawing programs make them; without what has a meaning in a selector, a page or a site file. */
export const isId = (text: string): boolean => /^[A-Za-z_][\w.-]{0,99}$/.test(text);

export interface Declaration {
  readonly property: string;
  readonly value: string;
}

/**
 * The declarations of a `style` attribute.
 * @param dropped told of each property that is none of a drawing, or whose value is not safe
 */
export function declarations(style: string, dropped: (property: string) => void): Declaration[] {
  return parts(style).flatMap((part) => {
    const colon = part.indexOf(':');
    const property = part.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = part.slice(colon + 1).trim();
    if (PRESENTATION.has(property) && value !== '' && isSafeValue(value)) return [{ property, value }];
    if (part.trim() !== '') dropped(PRESENTATION.has(property) || isProperty(property) ? property : '?');
    return [];
  });
}

const isProperty = (text: string): boolean => /^-?[a-z][a-z-]{0,60}$/.test(text);

/** Cut at semicolons outside of quotes and parentheses. */
function parts(style: string): string[] {
  const all: string[] = [];
  let [from, depth, quote] = [0, 0, ''];
  for (let at = 0; at < style.length; at++) {
    const char = style[at] as string;
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ';' && depth <= 0) {
      all.push(style.slice(from, at));
      from = at + 1;
    }
  }
  all.push(style.slice(from));
  return all;
}
