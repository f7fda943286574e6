import { type EditorView, hoverTooltip } from '@codemirror/view';
import type { TagDetail } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { unitText } from '../../../parts/unit.ts';
import { valueText } from '../../../parts/value.tsx';
import { placeAt } from './complete.ts';
import { aboutAt, formText, type Schema } from './schema.ts';

const KEY_AT = /[\w/.-]+(?=["']?\s*:(?:\s|$))/g;
const TAG_AT = /\btag\(["']([^"']+)["']\)/g;

/** What the schema says of the key under the pointer, and what a tag is that an expression names. */
export const hovers = (schema: () => Schema | undefined) =>
  hoverTooltip(async (view, pos) => {
    const { from, text } = view.state.doc.lineAt(pos);
    const tag = matchAt(text, TAG_AT, pos - from);
    if (tag) return tip(from, tag, await tagLines(tag[1] ?? ''));
    const key = matchAt(text, KEY_AT, pos - from);
    return key ? tip(from, key, keyLines(schema(), view, from + key.index, key[0])) : null;
  });

function matchAt(text: string, pattern: RegExp, column: number): RegExpExecArray | undefined {
  return [...text.matchAll(pattern)].find(
    ({ index, 0: all }) => index <= column && column <= index + all.length,
  );
}

type Lines = readonly { readonly text: string; readonly kind: 'code' | 'plain' | 'quiet' }[];

function tip(from: number, match: RegExpExecArray, lines: Lines) {
  if (lines.length === 0) return null;
  return {
    pos: from + match.index,
    end: from + match.index + match[0].length,
    above: true,
    create: () => ({ dom: paragraphs(lines) }),
  };
}

function paragraphs(lines: Lines): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'cm-tooltip-about';
  for (const { text, kind } of lines) {
    const line = document.createElement('p');
    const inner = kind === 'code' ? line.appendChild(document.createElement('code')) : line;
    inner.textContent = text;
    if (kind === 'quiet') line.className = 'quiet';
    dom.append(line);
  }
  return dom;
}

function keyLines(root: Schema | undefined, view: EditorView, pos: number, key: string): Lines {
  if (!root) return [];
  const { place } = placeAt(view.state, pos);
  if (place.what !== 'key') return [];
  const schema = aboutAt(root, [...place.path, key], place.mappings);
  if (!schema) return [];
  const form = formText(schema);
  return [
    { text: key, kind: 'code' as const },
    ...(schema.description === undefined ? [] : [{ text: schema.description, kind: 'plain' as const }]),
    ...(form === '' ? [] : [{ text: form, kind: 'quiet' as const }]),
  ];
}

async function tagLines(path: string): Promise<Lines> {
  try {
    const tag: TagDetail = await api.tag(path);
    const value = `${valueText(tag)} ${unitText(tag.unit)}`.trim();
    return [
      { text: path, kind: 'code' },
      ...(tag.description === undefined ? [] : [{ text: tag.description, kind: 'plain' as const }]),
      { text: `now ${value}${tag.quality === 'good' ? '' : `, ${tag.quality}`}`, kind: 'quiet' },
    ];
  } catch {
    return [
      { text: path, kind: 'code' },
      { text: 'no such tag at this site now', kind: 'quiet' },
    ];
  }
}
