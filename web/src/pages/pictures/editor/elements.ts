/** An element of a drawing that can be told to show something. */
export interface Element {
  readonly id: string;
  /** text, rect, g, … */
  readonly kind: string;
}

const DRAWN = 'g,path,rect,circle,ellipse,line,polyline,polygon,text,tspan,use,image';
const NOT_DRAWN = 'defs,symbol,clipPath,mask,pattern,marker';

/** Elements with an id that are drawn themselves, in their order. */
export function elementsOf(svg: string): readonly Element[] {
  const read = new DOMParser().parseFromString(svg, 'image/svg+xml');
  return [...read.querySelectorAll(DRAWN)]
    .filter((one) => one.id !== '' && !one.closest(NOT_DRAWN))
    .map(({ id, localName }) => ({ id, kind: localName }));
}
