import type { TagValue } from '#contract/client.ts';

/** Class of a quality by its code (OPC UA Part 8, 6.3.2): two upper bits of sixteen. */
export type QualityClass = 'good' | 'uncertain' | 'bad';

export const classOfCode = (code: number): QualityClass =>
  code >>> 14 === 0 ? 'good' : code >= 0x8000 ? 'bad' : 'uncertain';

/** Class of a quality by its name, such as `uncertainRangeExceeded`. */
export const classOfName = (name: string): QualityClass =>
  name.startsWith('good') ? 'good' : name.startsWith('uncertain') ? 'uncertain' : 'bad';

/** A name in words: `badNoCommunication` is “bad: no communication”; plain good is nothing to say. */
export function qualityText(name: string): string {
  if (name === 'good') return '';
  const group = classOfName(name);
  const why = name.slice(group.length).replaceAll(/(?<!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return why === '' ? group : `${group}: ${why.charAt(0).toLowerCase()}${why.slice(1)}`;
}

/** Quality of a newest value in words; empty where it is good. */
export const qualityOf = ({ quality, writeOnly }: Pick<TagValue, 'quality' | 'writeOnly'>): string =>
  writeOnly ? 'only written' : qualityText(quality);
