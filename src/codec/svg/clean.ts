import { SaxesParser, type SaxesTagNS } from 'saxes';
import { Fault, messageOf } from '#kernel/fault.ts';
import { CLASS_PREFIX, ELEMENTS, IMAGE_TYPES, MOST_SVG_BYTES, PLAIN, PRESENTATION } from './allowed.ts';
import { declarations, isId, isSafeValue, localId } from './css.ts';
import { checkUses, type Element } from './uses.ts';

const SVG = 'http://www.w3.org/2000/svg';
const XLINK = 'http://www.w3.org/1999/xlink';

const MOST_ELEMENTS = 20_000;
const MOST_DEPTH = 64;

/** Something that was taken out, wherever it stood. */
export interface Removed {
  /** `element script`, `attribute onclick`, `value of fill`, `style property behavior`, `data of inkscape`. */
  readonly what: string;
  readonly count: number;
  /** Of the first of them. */
  readonly line: number;
}

/** A drawing that does nothing and fetches nothing. */
export interface CleanSvg {
  readonly text: string;
  /** What kind of element each id is. */
  readonly elements: ReadonlyMap<string, string>;
  readonly removed: readonly Removed[];
}

/**
 * Reads a picture and writes it again with nothing but what is a drawing. Read by a real XML parser, written anew from
 * what was understood: what one reader overlooks no other can find.
 * @throws Fault `svg.too-large`, `svg.encoding`, `svg.dtd`, `svg.not-xml`, `svg.not-svg`, `svg.too-much`, `svg.circle`
 */
export function cleanSvg(bytes: Uint8Array): CleanSvg {
  if (bytes.length > MOST_SVG_BYTES)
    throw fault(
      'svg.too-large',
      `the picture has more than ${MOST_SVG_BYTES} bytes`,
      'leave photographs out of it',
    );
  const reader = new Reader();
  const { root, byId, removed } = reader.read(decoded(bytes));
  checkUses(root, byId);
  const out: string[] = [];
  write(root, out);
  return {
    text: `${out.join('')}\n`,
    elements: new Map([...byId].map(([id, { name }]) => [id, name])),
    removed,
  };
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fault('svg.encoding', 'the picture is not written in UTF-8', 'save it as UTF-8');
  }
}

class Reader {
  readonly #parser = new SaxesParser({ xmlns: true });
  readonly #byId = new Map<string, Element>();
  readonly #removed = new Map<string, { count: number; readonly line: number }>();
  /** Elements that are open and stay; a removed one keeps its content out by `#outside`. */
  readonly #open: Element[] = [];
  #root: Element | undefined;
  #outside = 0;
  #depth = 0;
  #count = 0;

  /** @throws Fault as {@link cleanSvg} */
  read(text: string) {
    const parser = this.#parser;
    parser.on('error', (error) => {
      throw fault(
        'svg.not-xml',
        `the picture is no well-formed XML: ${messageOf(error)}`,
        'save it anew as plain SVG',
      );
    });
    parser.on('xmldecl', ({ encoding = 'utf-8' }) => {
      if (encoding.toLowerCase() !== 'utf-8')
        throw fault('svg.encoding', `the picture says that it is written in ${encoding}`, 'save it as UTF-8');
    });
    // Entities are what a few lines become gigabytes by, and what files are read by.
    parser.on('doctype', () => {
      throw fault(
        'svg.dtd',
        'the picture has a document type (<!DOCTYPE …>)',
        'take that line out of it; SVG needs none',
      );
    });
    parser.on('processinginstruction', ({ target }) => this.#remove(`instruction ${named(target)}`));
    parser.on('opentag', (tag) => this.#opened(tag));
    parser.on('closetag', () => this.#closed());
    parser.on('text', (said) => this.#said(said));
    parser.on('cdata', (said) => this.#said(said));
    parser.write(text).close();
    if (!this.#root)
      throw fault('svg.not-svg', 'the picture is no SVG', `its root is not <svg xmlns="${SVG}">`);
    const removed = [...this.#removed].map(([what, one]) => ({ what, ...one }));
    return { root: this.#root, byId: this.#byId, removed };
  }

  #opened(tag: SaxesTagNS): void {
    if (++this.#count > MOST_ELEMENTS)
      throw fault('svg.too-much', `the picture has more than ${MOST_ELEMENTS} elements`, 'draw it simpler');
    if (++this.#depth > MOST_DEPTH)
      throw fault(
        'svg.too-much',
        `elements are nested more than ${MOST_DEPTH} deep`,
        'draw it with fewer groups',
      );
    if (this.#outside > 0) {
      this.#outside++;
      return;
    }
    const name = this.#nameOf(tag);
    if (name === undefined) {
      this.#outside = 1;
      return;
    }
    const element: Element = {
      name,
      attributes: new Map(),
      children: [],
      refers: [],
      line: this.#parser.line,
    };
    this.#attributes(element, tag);
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  /** As it is written again; undefined where it goes with all that is in it. A link stays as a group that leads nowhere. */
  #nameOf({ uri, local, prefix }: SaxesTagNS): string | undefined {
    if (uri === SVG) {
      if (!this.#root && local !== 'svg') return undefined;
      if (ELEMENTS.has(local)) return local;
      this.#remove(`element ${named(local)}`);
      return local === 'a' ? 'g' : undefined;
    }
    this.#remove(`data of ${named(prefix || local)}`);
    return undefined;
  }

  #closed(): void {
    this.#depth--;
    if (this.#outside > 0) this.#outside--;
    else this.#open.pop();
  }

  #said(text: string): void {
    if (this.#outside === 0) this.#open.at(-1)?.children.push(text);
  }

  #attributes(element: Element, { attributes }: SaxesTagNS): void {
    let style = '';
    for (const { uri, local, name, prefix, value } of Object.values(attributes)) {
      if (name === 'xmlns' || prefix === 'xmlns') continue; // written by us
      if (uri === '' && local === 'style') style = value;
      else if ((uri === '' || uri === XLINK) && local === 'href') this.#reference(element, value);
      else if (uri === '' && PRESENTATION.has(local)) this.#presentation(element, local, value);
      else if (uri === '' && PLAIN.has(local)) this.#plain(element, local, value);
      else if (name === 'xml:space') element.attributes.set(name, value === 'preserve' ? value : 'default');
      else
        this.#remove(uri === '' || uri === XLINK ? `attribute ${named(name)}` : `data of ${named(prefix)}`);
    }
    // Pages take no styles from elsewhere, but attributes that mean the same; and a style wins over an attribute.
    const dropped = (property: string) => this.#remove(`style property ${property}`);
    for (const { property, value } of declarations(style, dropped))
      this.#presentation(element, property, value);
  }

  #presentation(element: Element, name: string, value: string): void {
    const refers: string[] = [];
    if (isSafeValue(value, (id) => refers.push(id))) {
      element.attributes.set(name, value);
      element.refers.push(...refers);
    } else this.#remove(`value of ${name}`);
  }

  #plain(element: Element, name: string, value: string): void {
    if (name === 'class') {
      const own = value.split(/\s+/).filter((one) => one.startsWith(CLASS_PREFIX) && isId(one));
      if (own.length > 0) element.attributes.set('class', own.join(' '));
      return;
    }
    if (name === 'id') {
      // Of two with one id nobody could tell which is bound.
      if (!isId(value) || this.#byId.has(value)) {
        this.#remove('attribute id');
        return;
      }
      this.#byId.set(value, element);
    }
    element.attributes.set(name, value);
  }

  #reference(element: Element, value: string): void {
    const id = localId(value);
    const isImage = element.name === 'image' && IMAGE_TYPES.some((type) => value.startsWith(type));
    if (id !== undefined && element.name !== 'image' && element.name !== 'g') {
      element.attributes.set('href', `#${id}`);
      element.refers.push(id);
    } else if (isImage) element.attributes.set('href', value);
    else this.#remove('attribute href');
  }

  #remove(what: string): void {
    const known = this.#removed.get(what);
    if (known) known.count++;
    else this.#removed.set(what, { count: 1, line: this.#parser.line });
  }
}

/** A name out of the file, in a message: as it is where it is one, and never long. */
const named = (name: string): string => (/^[\w:.-]{1,40}$/.test(name) ? name : 'a strange name');

function write(element: Element, out: string[]): void {
  const { name, attributes, children } = element;
  out.push('<', name);
  if (out.length === 2) out.push(` xmlns="${SVG}"`);
  for (const [key, value] of attributes) out.push(` ${key}="${escaped(value)}"`);
  if (children.length === 0) {
    out.push('/>');
    return;
  }
  out.push('>');
  for (const child of children) {
    if (typeof child === 'string') out.push(escaped(child));
    else write(child, out);
  }
  out.push(`</${name}>`);
}

const ESCAPES: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] ?? char);

const fault = (code: string, message: string, hint: string): Fault =>
  new Fault(code, message, { retry: 'never', hint });
