import { type Priority, SHAPES } from '../../../parts/priority.tsx';
import { around, type Box, boxText, holds } from './box.ts';
import { type Drawing, SVG } from './drawing.ts';
import type { Doubt } from './shown.ts';

/** What lies over an element. */
export interface Mark {
  readonly doubt: Doubt;
  /** What a screen reader says of it. */
  readonly name: string;
  readonly alarm?: { readonly priority: Priority; readonly isUnacknowledged: boolean } | undefined;
}

/** Between an element and what marks it, in pixels of a drawing that is shown as large as it was drawn. */
const DISTANCE = 4;
const SIGN = 18;

/**
 * What lies over a drawing: a target for the keyboard at each element that shows something, the mark of doubt, and that
 * of alarms. A layer of its own, so that no element becomes a control within another one, and ids stay what they were.
 */
export class Marks {
  readonly svg = create('svg', 'over');
  readonly #drawing: Drawing;
  readonly #groups = new Map<string, Group>();
  readonly #pointed = create('rect', 'pointed');
  #pointedAt: string | undefined;

  /** @param ids in the order in which the keyboard reaches them */
  constructor(
    drawing: Drawing,
    ids: readonly string[],
    label: string,
    onChoose: ((id: string) => void) | undefined,
  ) {
    this.#drawing = drawing;
    this.svg.setAttribute('preserveAspectRatio', 'xMidYMid meet');
    this.svg.setAttribute('role', onChoose ? 'group' : 'img');
    this.svg.setAttribute('aria-label', label);
    this.svg.append(hatch());
    for (const id of ids) {
      const group = new Group(id, onChoose && (() => onChoose(id)));
      this.#groups.set(id, group);
      this.svg.append(group.element);
    }
    this.svg.append(this.#pointed);
    this.look(drawing.whole);
  }

  look(view: Box): void {
    this.svg.setAttribute('viewBox', boxText(view));
  }

  show(marks: ReadonlyMap<string, Mark>): void {
    for (const [id, mark] of marks) this.#groups.get(id)?.show(mark, this.#drawing.boxOf(id));
    // A text is as wide as what it says.
    if (this.#pointedAt !== undefined && marks.has(this.#pointedAt)) this.point(this.#pointedAt);
  }

  /** The element that somebody looks at. */
  choose(id: string | undefined): void {
    for (const [one, { target }] of this.#groups) target.toggleAttribute('data-chosen', one === id);
  }

  has(id: string): boolean {
    return this.#groups.has(id);
  }

  focus(id: string): void {
    this.#groups.get(id)?.target.focus();
  }

  /** Outlines an element, bound or not. */
  point(id: string | undefined): void {
    this.#pointedAt = id;
    const box = id === undefined ? undefined : this.#drawing.boxOf(id);
    place(this.#pointed, box && around(box, DISTANCE / 2));
  }

  /** Outlines all that shows something. */
  outline(isOn: boolean): void {
    for (const { target } of this.#groups.values()) target.classList.toggle('bound', isOn);
  }

  /** The bound element at a point: the smallest of those that lie there. */
  at(point: { readonly x: number; readonly y: number }): string | undefined {
    const found = [...this.#groups.keys()].flatMap((id) => {
      const box = this.#drawing.boxOf(id);
      return box && holds(around(box, DISTANCE), point) ? [{ id, size: box.width * box.height }] : [];
    });
    return found.toSorted((a, b) => a.size - b.size)[0]?.id;
  }
}

class Group {
  readonly element = create('g', '');
  readonly target = create('rect', 'target');
  readonly #doubt = create('rect', 'doubt');
  readonly #alarm = create('rect', 'alarm');
  readonly #sign = create('path', 'sign');
  /** A small picture is looked at as a whole. */
  readonly #isReached: boolean;
  #name = '';

  constructor(id: string, onChoose: (() => void) | undefined) {
    this.element.dataset.of = id;
    this.element.append(this.#doubt, this.#alarm, this.#sign, this.target);
    this.#isReached = onChoose !== undefined;
    if (!onChoose) return;
    this.target.setAttribute('role', 'button');
    this.target.setAttribute('tabindex', '0');
    this.target.addEventListener('click', onChoose); // of a screen reader; the pointer meets the drawing
    this.target.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      onChoose();
    });
  }

  show({ doubt, name, alarm }: Mark, box: Box | undefined): void {
    this.element.style.display = box ? '' : 'none';
    if (!box) return;
    place(this.target, around(box, DISTANCE / 2));
    const isDoubtful = doubt === 'uncertain' || doubt === 'unknown';
    place(this.#doubt, isDoubtful ? around(box, DISTANCE / 2) : undefined);
    this.#doubt.dataset.doubt = doubt;
    if (this.#isReached && name !== this.#name) this.target.setAttribute('aria-label', name);
    this.#name = name;
    const wide = around(box, DISTANCE);
    place(this.#alarm, alarm && wide);
    this.#sign.style.display = alarm ? '' : 'none';
    if (!alarm) return;
    this.#alarm.dataset.priority = alarm.priority;
    this.#sign.dataset.priority = alarm.priority;
    this.#sign.toggleAttribute('data-hollow', !alarm.isUnacknowledged);
    this.#sign.setAttribute('d', SHAPES[alarm.priority]);
    const [x, y] = [wide.x - SIGN / 2, wide.y - SIGN / 2];
    this.#sign.setAttribute('transform', `translate(${x} ${y}) scale(${SIGN / 16})`);
  }
}

function create<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  className: string,
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(SVG, name);
  if (className !== '') element.setAttribute('class', className);
  return element;
}

function place(rect: SVGRectElement, box: Box | undefined): void {
  rect.style.display = box ? '' : 'none';
  if (!box) return;
  for (const name of ['x', 'y', 'width', 'height'] as const) rect.setAttribute(name, String(box[name]));
}

/** What is not known is hatched. Reached by both layers, which are in one tree. */
function hatch(): SVGDefsElement {
  const defs = create('defs', '');
  const pattern = create('pattern', '');
  const line = create('path', 'hatch');
  pattern.id = 'holdfast-unknown';
  for (const [name, value] of Object.entries({
    width: '8',
    height: '8',
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(-45)',
  }))
    pattern.setAttribute(name, value);
  line.setAttribute('d', 'M0 4H8');
  pattern.append(line);
  defs.append(pattern);
  return defs;
}
