import type {
  Completion,
  CompletionContext,
  CompletionResult,
  CompletionSource,
} from '@codemirror/autocomplete';
import type { EditorState } from '@codemirror/state';
import { api } from '../../../data/api.ts';
import { formText, keysAt, type Schema, valuesAt } from './schema.ts';
import { idsIn, type YamlPlace, yamlPlace } from './yaml-place.ts';

const MOST_TAGS = 50;
/** Keys whose value is the path of a tag. */
const TAG_KEYS = new Set(['tag', 'feedback']);
/** Keys whose value names an entry of a section of the file. */
const NAMED: { readonly [key: string]: string } = { source: 'sources', to: 'actuators', type: 'types' };

/** Keys, values, names and tags of the site, as the schema allows them at the cursor. */
export function completions(schema: () => Schema | undefined): CompletionSource {
  return async (context) => {
    const inTag = tagBefore(context);
    if (inTag) return await tagsLike(inTag.text, inTag.from, context);
    const root = schema();
    if (!root) return null;
    const { place, lineFrom } = placeAt(context.state, context.pos);
    if (place.word === '' && !context.explicit && place.what === 'key') return null;
    const from = lineFrom + place.from;
    if (place.what === 'key') return keys(root, place, from);
    const key = place.path.findLast((step) => step !== '[]') ?? '';
    if (TAG_KEYS.has(key)) return await tagsLike(place.word, from, context);
    const values = [...valuesAt(root, place), ...namesFor(key, context.state)];
    return values.length === 0 ? null : { from, options: values.map((label) => ({ label, type: 'enum' })) };
  };
}

/** Where in the file a position is. */
export function placeAt(
  { doc }: EditorState,
  pos: number,
): { readonly place: YamlPlace; readonly lineFrom: number } {
  const { number, from } = doc.lineAt(pos);
  const place = yamlPlace(doc.toString().split('\n'), { line: number - 1, column: pos - from });
  return { place, lineFrom: from };
}

function keys(root: Schema, place: YamlPlace, from: number): CompletionResult | null {
  const options = keysAt(root, place).map(({ key, schema, isRequired }, i): Completion => {
    const isNested = schema.properties !== undefined || typeof schema.additionalProperties === 'object';
    return {
      label: key,
      apply: isNested ? `${key}:` : `${key}: `,
      type: 'property',
      detail: [isRequired ? 'needed' : '', formText(schema)]
        .filter((part) => part !== '')
        .join(', ')
        .slice(0, 48),
      boost: 50 - i,
      ...(schema.description !== undefined && { info: schema.description }),
    };
  });
  return options.length === 0 ? null : { from, options, validFor: /^[\w-]*$/ };
}

/** Ids of what the file itself declares. */
function namesFor(key: string, { doc }: EditorState): readonly string[] {
  const section = NAMED[key];
  return section === undefined ? [] : idsIn(doc.toString().split('\n'), section);
}

/** Inside `tag("…`. */
function tagBefore(context: CompletionContext): { readonly text: string; readonly from: number } | undefined {
  const found = context.matchBefore(/\btag\((?:"[^"]*|'[^']*)/);
  if (!found) return undefined;
  const quote = found.text.search(/["']/) + 1;
  return { text: found.text.slice(quote), from: found.from + quote };
}

async function tagsLike(
  text: string,
  from: number,
  context: CompletionContext,
): Promise<CompletionResult | null> {
  const asking = new AbortController();
  context.addEventListener('abort', () => asking.abort());
  try {
    const { items } = await api.tags({ search: text, limit: MOST_TAGS }, asking.signal);
    const options = items.map(({ path, unit, type }) => ({
      label: path,
      type: 'variable',
      detail: unit ?? type,
    }));
    return options.length === 0 ? null : { from, options, filter: false };
  } catch {
    return null; // the page itself tells that the site is away
  }
}
