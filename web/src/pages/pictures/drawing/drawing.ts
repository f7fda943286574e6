import { COLOUR_ROLES } from '#contract/colour-roles.ts';
import { type Box, boxText, fitted } from './box.ts';
import { nightOf } from './night.ts';
import type { Bindings, Shown } from './shown.ts';

export const SVG = 'http://www.w3.org/2000/svg';

/** Attributes that hold a colour. */
const PAINTS = ['fill', 'stroke', 'stop-color'] as const;

/**
 * A drawing in the page. The site has cleaned it, and here too nothing of it is ever markup of this document: it is read
 * as XML, and the policy of the page forbids what it might still hold.
 */
export class Drawing {
  readonly svg: SVGSVGElement;
  /** All of it, in its own units. */
  readonly whole: Box;
  readonly elements: ReadonlyMap<string, SVGGraphicsElement>;
  readonly #bindings: Bindings;
  readonly #plain = new Map<string, Plain>();

  /** @throws Error for what is no SVG */
  constructor(text: string, bindings: Bindings) {
    const read = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
    if (read.namespaceURI !== SVG || read.localName !== 'svg')
      throw new Error('the drawing cannot be read as SVG');
    this.svg = document.importNode(read as unknown as SVGSVGElement, true);
    this.#bindings = bindings;
    this.whole = wholeOf(this.svg);
    this.svg.setAttribute('viewBox', boxText(this.whole));
    this.svg.setAttribute('preserveAspectRatio', 'xMidYMid meet');
    this.svg.setAttribute('aria-hidden', 'true'); // its marks have names, and are what is reached
    for (const name of ['width', 'height']) this.svg.removeAttribute(name);
    const all = [...this.svg.querySelectorAll('[id]')].filter((one) => one instanceof SVGGraphicsElement);
    this.elements = new Map(all.map((one) => [one.id, one]));
    for (const one of [this.svg, ...this.svg.querySelectorAll('*')]) fitToNight(one);
    for (const title of this.svg.querySelectorAll('title')) title.remove(); // the browser would show it at the pointer
  }

  /** Once it is in the page, where places of elements are known. */
  begin(): void {
    for (const id of Object.keys(this.#bindings)) {
      const element = this.elements.get(id);
      if (element) this.#plain.set(id, plainOf(element));
    }
  }

  look(view: Box): void {
    this.svg.setAttribute('viewBox', boxText(view));
  }

  /** The view that shows all in the window as it is. */
  fit(): Box {
    const { width, height } = this.svg.getBoundingClientRect();
    return fitted(
      this.whole,
      width > 0 && height > 0 ? width / height : this.whole.width / this.whole.height,
    );
  }

  show(shown: ReadonlyMap<string, Shown>): void {
    for (const [id, now] of shown) {
      const element = this.elements.get(id);
      const plain = this.#plain.get(id);
      const binding = this.#bindings[id];
      if (!element || !plain || !binding) continue;
      const isUnknown = now.doubt === 'unknown';
      if (binding.value && now.text !== undefined) write(element, now.text);
      if (binding.fill || binding.level) {
        const own = binding.fill ? paintOf(now.fill) : '';
        element.style.fill = isUnknown ? 'url(#holdfast-unknown)' : own;
      }
      if (binding.level) fillTo(element, plain, binding.level.from, isUnknown ? 1 : (now.level ?? 0));
      if (binding.rotation) turn(element, plain, now.degrees ?? 0);
      // What may or may not be there is shown as such, marked; not left out as if it were known to be absent.
      if (binding.visible) element.style.display = isUnknown || now.isVisible ? '' : 'none';
    }
  }

  /** Where an element is, in units of the drawing; undefined where it is not drawn. */
  boxOf(id: string): Box | undefined {
    const element = this.elements.get(id);
    const [own, root] = [element?.getScreenCTM(), this.svg.getScreenCTM()];
    if (!element || !own || !root) return undefined;
    const { x, y, width, height } = element.getBBox();
    if (width === 0 && height === 0) return undefined;
    const to = root.inverse().multiply(own);
    const corners = [
      [x, y],
      [x + width, y],
      [x, y + height],
      [x + width, y + height],
    ].map(([cx, cy]) => new DOMPoint(cx, cy).matrixTransform(to));
    const [xs, ys] = [corners.map((one) => one.x), corners.map((one) => one.y)];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
  }

  /** A point of the window in units of the drawing. */
  pointAt(clientX: number, clientY: number): { readonly x: number; readonly y: number } {
    const root = this.svg.getScreenCTM();
    return new DOMPoint(clientX, clientY).matrixTransform(root?.inverse());
  }
}

/** What an element was before it showed anything. */
interface Plain {
  readonly box: Box;
  readonly transform: string;
}

function plainOf(element: SVGGraphicsElement): Plain {
  const { x, y, width, height } = element.getBBox();
  return { box: { x, y, width, height }, transform: element.getAttribute('transform') ?? '' };
}

function wholeOf(svg: SVGSVGElement): Box {
  const [x = 0, y = 0, width = 0, height = 0] = (svg.getAttribute('viewBox') ?? '')
    .split(/[\s,]+/)
    .map(Number);
  if (width > 0 && height > 0) return { x, y, width, height };
  const size = (name: string) => Number.parseFloat(svg.getAttribute(name) ?? '');
  return { x: 0, y: 0, width: size('width') || 1000, height: size('height') || 1000 };
}

/** Colours that stand in the drawing itself get a form for dark rooms; those of our classes have one. */
function fitToNight(element: Element): void {
  if (element.getAttribute('class')?.includes('hf-') || !(element instanceof SVGElement)) return;
  for (const name of PAINTS) {
    const day = element.getAttribute(name);
    const night = day === null ? undefined : nightOf(day);
    // Where the browser does not know the function it keeps the colour as it is drawn.
    if (night !== undefined) element.style.setProperty(name, `light-dark(${day}, ${night})`);
  }
  // What has no colour of its own is black by the rules of SVG.
  if (element.localName === 'svg' && !element.hasAttribute('fill'))
    element.style.fill = 'light-dark(#000000, #e6e6e6)';
}

const ROLES: ReadonlySet<string> = new Set(COLOUR_ROLES);

export function paintOf(colour: string | undefined): string {
  if (colour === undefined) return '';
  if (ROLES.has(colour)) return `var(--hf-${colour})`;
  return `light-dark(${colour}, ${nightOf(colour) ?? colour})`;
}

/** Into the first line of a text, which says where it stands. */
function write(element: SVGGraphicsElement, text: string): void {
  const [first, ...rest] = element.querySelectorAll('tspan');
  if (first === undefined) {
    if (element.textContent !== text) element.textContent = text;
    return;
  }
  if (first.textContent !== text) first.textContent = text;
  for (const one of rest) one.textContent = '';
}

function fillTo(
  element: SVGGraphicsElement,
  { box: { x, y, width, height } }: Plain,
  from: 'bottom' | 'top' | 'left' | 'right',
  share: number,
): void {
  const isUpright = from === 'bottom' || from === 'top';
  const length = (isUpright ? height : width) * share;
  if (isUpright) {
    element.setAttribute('height', String(length));
    element.setAttribute('y', String(from === 'bottom' ? y + height - length : y));
  } else {
    element.setAttribute('width', String(length));
    element.setAttribute('x', String(from === 'right' ? x + width - length : x));
  }
}

function turn(element: SVGGraphicsElement, { box, transform }: Plain, degrees: number): void {
  const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2];
  element.setAttribute('transform', `${transform} rotate(${degrees} ${cx} ${cy})`.trim());
}
