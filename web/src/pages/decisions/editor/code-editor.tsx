import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { Problem } from '#contract/client.ts';
import { hovers } from './about.ts';
import { completions } from './complete.ts';
import { look } from './look.ts';
import { problemMarks, showProblems } from './problems.ts';
import type { Schema } from './schema.ts';

export interface CodeEditorProps {
  readonly label: string;
  readonly text: string;
  /** Absent: only to be read. */
  readonly onText?: (text: string) => void;
  readonly problems?: readonly Problem[] | undefined;
  readonly schema?: Schema | undefined;
  /** Differences from this text are shown in their places; each can be taken back where it may be edited. */
  readonly original?: string | undefined;
  /** A place to go to; another object goes there again. */
  readonly goTo?: { readonly line: number; readonly column: number } | undefined;
}

const NONE: readonly Problem[] = [];

/** A text in YAML with its problems in their places. Tab indents; Escape, then Tab leaves. */
export function CodeEditor(props: CodeEditorProps) {
  const { text, problems = NONE, original, goTo, label, onText } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const now = useRef(props);
  now.current = props;
  const differences = useRef(new Compartment());
  const isEdited = onText !== undefined;
  useEffect(() => {
    const { current: host } = place;
    if (!host) return;
    // In a shadow root the library adopts style sheets; elsewhere it writes style elements, which the policy forbids.
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
    const made = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: now.current.text,
        extensions: [
          basics(label),
          isEdited ? editing(now) : [EditorState.readOnly.of(true), EditorView.editable.of(false)],
          differences.current.of([]),
        ],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = undefined;
    };
  }, [label, isEdited]);
  // Before the next key: later, what was typed meanwhile would be replaced by the text before it.
  useLayoutEffect(() => {
    if (view.current && view.current.state.doc.toString() !== text) replace(view.current, text);
  }, [text]);
  useEffect(() => {
    view.current?.dispatch({
      effects: differences.current.reconfigure(
        original === undefined ? [] : differencesFrom(original, isEdited),
      ),
    });
  }, [original, isEdited]);
  useEffect(() => {
    if (view.current) showProblems(view.current, problems);
  }, [problems]);
  useEffect(() => {
    if (view.current && goTo) reveal(view.current, goTo);
  }, [goTo]);
  return <div ref={place} className="site-text" />;
}

const basics = (label: string): Extension => [
  lineNumbers(),
  foldGutter(),
  problemMarks,
  drawSelection(),
  bracketMatching(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  search({ top: true }),
  yaml(),
  look,
  keymap.of([...searchKeymap, ...foldKeymap]),
  // Focused by the keyboard also where it is only read: it scrolls.
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
];

const editing = (now: { readonly current: CodeEditorProps }): Extension => [
  history(),
  indentOnInput(),
  closeBrackets(),
  autocompletion({ override: [completions(() => now.current.schema)], icons: false }),
  hovers(() => now.current.schema),
  keymap.of([...completionKeymap, ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
  EditorView.updateListener.of(({ docChanged, state }) => {
    if (docChanged && now.current.text !== state.doc.toString()) now.current.onText?.(state.doc.toString());
  }),
];

const differencesFrom = (original: string, isEdited: boolean): Extension =>
  unifiedMergeView({
    original,
    mergeControls: isEdited ? controls : false,
    collapseUnchanged: { margin: 3, minSize: 6 },
    highlightChanges: true,
  });

/** Only the way back is offered: what is kept needs no button. */
function controls(kind: 'reject' | 'accept', act: (event: MouseEvent) => void): HTMLElement {
  if (kind === 'accept') return document.createElement('span');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Take back';
  button.onmousedown = act;
  return button;
}

/** Only what differs is replaced: the cursor and the way back through one's edits stay. */
function replace(view: EditorView, text: string): void {
  const before = view.state.doc.toString();
  const most = Math.min(before.length, text.length);
  let head = 0;
  while (head < most && before[head] === text[head]) head++;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === text.at(-1 - tail)) tail++;
  view.dispatch({
    changes: { from: head, to: before.length - tail, insert: text.slice(head, text.length - tail) },
  });
}

function reveal(
  view: EditorView,
  { line, column }: { readonly line: number; readonly column: number },
): void {
  const { from, to } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
  const at = Math.min(from + Math.max(0, column - 1), to);
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
  view.focus();
}
