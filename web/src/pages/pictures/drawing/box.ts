/** A rectangle in the units of a drawing. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const boxText = ({ x, y, width, height }: Box): string => `${x} ${y} ${width} ${height}`;

export const holds = (
  { x, y, width, height }: Box,
  at: { readonly x: number; readonly y: number },
): boolean => at.x >= x && at.x <= x + width && at.y >= y && at.y <= y + height;

export const around = ({ x, y, width, height }: Box, by: number): Box => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
});

/** Most that a drawing is enlarged: a hundredth of it fills the window. */
const MOST = 100;

/** Larger by a factor, with the point under the pointer where it is; never smaller than the whole. */
export function zoomed(
  view: Box,
  whole: Box,
  factor: number,
  at: { readonly x: number; readonly y: number },
): Box {
  const width = Math.min(whole.width, Math.max(whole.width / MOST, view.width / factor));
  const by = width / view.width;
  const next = {
    x: at.x - (at.x - view.x) * by,
    y: at.y - (at.y - view.y) * by,
    width,
    height: view.height * by,
  };
  return kept(next, whole);
}

export const moved = (view: Box, whole: Box, dx: number, dy: number): Box =>
  kept({ ...view, x: view.x + dx, y: view.y + dy }, whole);

/** Within the whole, so that the drawing cannot be lost out of sight. */
function kept(view: Box, whole: Box): Box {
  return {
    ...view,
    x: within(view.x, view.width, whole.x, whole.width),
    y: within(view.y, view.height, whole.y, whole.height),
  };
}

/** A window of this length over a stretch; centred where it is the longer one. */
const within = (from: number, length: number, start: number, whole: number): number =>
  length >= whole ? start + (whole - length) / 2 : Math.min(start + whole - length, Math.max(start, from));

/** The view that shows all of a drawing in a window of this shape. */
export function fitted(whole: Box, shape: number): Box {
  const isWide = whole.width / whole.height > shape;
  const width = isWide ? whole.width : whole.height * shape;
  const height = isWide ? whole.width / shape : whole.height;
  return { x: whole.x + (whole.width - width) / 2, y: whole.y + (whole.height - height) / 2, width, height };
}
