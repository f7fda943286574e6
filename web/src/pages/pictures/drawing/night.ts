/**
 * A colour of a drawing for a dark room: as far from black as it was from white, of the same hue. A drawing that was
 * made for paper stays readable so, and its colours stay what they say.
 * @param css #rgb, #rrggbb or rgb(…)
 * @returns undefined for anything else: names, gradients, none
 */
export function nightOf(css: string): string | undefined {
  const rgb = partsOf(css.trim().toLowerCase());
  if (!rgb) return undefined;
  const [most, least] = [Math.max(...rgb), Math.min(...rgb)];
  // Lightness (HSL) turned round: each part moves by as much. White becomes the ground and not black.
  const light = (most + least) / 2;
  const shift = DARKEST + (255 - light) * (1 - DARKEST / 255) - light;
  const turned = rgb.map((part) => Math.round(Math.min(255, Math.max(0, part + shift))));
  return `#${turned.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Of 255: grey of the darkest surface. */
const DARKEST = 24;

function partsOf(css: string): readonly number[] | undefined {
  const [, short] = /^#([0-9a-f]{3})$/.exec(css) ?? [];
  const long = short ? [...short].map((digit) => digit + digit).join('') : /^#([0-9a-f]{6})$/.exec(css)?.[1];
  if (long) return [0, 2, 4].map((at) => Number.parseInt(long.slice(at, at + 2), 16));
  const [, inside] = /^rgb\(([\d\s,]+)\)$/.exec(css) ?? [];
  const parts = inside
    ?.split(/[\s,]+/)
    .filter((part) => part !== '')
    .map(Number);
  return parts?.length === 3 ? parts : undefined;
}
