/* What of SVG is a drawing. Everything that is not named here is taken out: it may act, or fetch. */

/** Elements (SVG 2, without scripts, links, animation, filters, styles and foreign content). */
export const ELEMENTS: ReadonlySet<string> = new Set([
  ...['svg', 'g', 'defs', 'symbol', 'use', 'title', 'desc'],
  ...['path', 'rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon', 'image'],
  ...['text', 'tspan', 'textPath'],
  ...['linearGradient', 'radialGradient', 'stop', 'clipPath', 'mask', 'pattern', 'marker'],
]);

/** Attributes whose values are CSS; as declarations of `style` they mean the same (SVG 2, 6.6). */
export const PRESENTATION: ReadonlySet<string> = new Set([
  ...['fill', 'fill-opacity', 'fill-rule', 'stroke', 'stroke-width', 'stroke-opacity', 'stroke-linecap'],
  ...['stroke-linejoin', 'stroke-miterlimit', 'stroke-dasharray', 'stroke-dashoffset', 'vector-effect'],
  ...['opacity', 'color', 'display', 'visibility', 'overflow', 'clip-path', 'clip-rule', 'mask'],
  ...['paint-order', 'shape-rendering', 'text-rendering', 'color-interpolation'],
  ...['stop-color', 'stop-opacity', 'marker', 'marker-start', 'marker-mid', 'marker-end'],
  ...['font-family', 'font-size', 'font-style', 'font-weight', 'font-stretch', 'font-variant'],
  ...['text-anchor', 'text-decoration', 'letter-spacing', 'word-spacing', 'writing-mode'],
  ...['dominant-baseline', 'alignment-baseline', 'baseline-shift', 'direction', 'transform'],
]);

/** Attributes that hold numbers, names, points and paths: nothing in them is fetched or run. */
export const PLAIN: ReadonlySet<string> = new Set([
  ...['id', 'class', 'role', 'viewBox', 'preserveAspectRatio', 'version', 'aria-label', 'aria-hidden'],
  ...['x', 'y', 'x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'rx', 'ry', 'fx', 'fy', 'fr', 'dx', 'dy'],
  ...['width', 'height', 'd', 'points', 'pathLength', 'offset', 'rotate', 'textLength', 'lengthAdjust'],
  ...['startOffset', 'method', 'spacing', 'side', 'gradientUnits', 'gradientTransform', 'spreadMethod'],
  ...['clipPathUnits', 'maskUnits', 'maskContentUnits', 'patternUnits', 'patternContentUnits'],
  ...['patternTransform', 'markerUnits', 'markerWidth', 'markerHeight', 'refX', 'refY', 'orient'],
]);

/** Functions of CSS that calculate a colour or a place. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['rgb', 'rgba', 'hsl', 'hsla', 'matrix', 'translate', 'translatex', 'translatey'],
  ...['scale', 'scalex', 'scaley', 'rotate', 'skewx', 'skewy'],
]);

/** Pictures within a picture that are in it as bytes; SVG is none, as it may hold everything again. */
export const IMAGE_TYPES: readonly string[] = ['data:image/png;base64,', 'data:image/jpeg;base64,'];

/** Prefix of classes that a drawing may use: those of the pages around it are not its own. */
export const CLASS_PREFIX = 'hf-';

/** A drawing of a megabyte is a large one; photographs do not belong into it. */
export const MOST_SVG_BYTES = 1024 * 1024;
