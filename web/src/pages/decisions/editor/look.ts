import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/* Colours come from the page's own properties, which reach into the shadow root: light and dark need no second theme. */

const MONO = 'ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace';
const ADDED = 'var(--added-ground)';
const REMOVED = 'var(--removed-ground)';

const theme = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'inherit', fontSize: '13px', height: '100%' },
  // The frame around it shows the focus: gutters would cover an outline in here.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: MONO, lineHeight: '1.5', overflow: 'auto' },
  '.cm-content': { caretColor: 'currentColor', paddingBottom: '2rem' },
  '.cm-cursor': { borderLeftColor: 'currentColor' },
  '.cm-gutters': {
    backgroundColor: 'var(--ground)',
    border: 'none',
    borderRight: '1px solid var(--line-weak)',
    color: 'var(--quiet)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--hover)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': {
    backgroundColor: 'var(--selected-ground) !important',
  },
  '.cm-selectionMatch, .cm-searchMatch': {
    backgroundColor: 'var(--chosen)',
    outline: '1px solid var(--line)',
  },
  '.cm-foldPlaceholder': {
    backgroundColor: 'transparent',
    border: '1px solid var(--line)',
    color: 'var(--quiet)',
  },
  // Pictures of the library are addresses with data in them, which the policy of the page forbids.
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--abnormal)',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-info': {
    backgroundImage: 'none',
    textDecoration: 'underline dotted var(--quiet)',
    textUnderlineOffset: '3px',
  },
  '.cm-problem-mark': { color: 'var(--abnormal)', fontWeight: '700', paddingLeft: '4px' },
  '.cm-problem-mark[data-severity="hint"]': { color: 'var(--quiet)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--line)',
    borderRadius: '3px',
    boxShadow: '0 4px 16px #0004',
    color: 'inherit',
    maxWidth: '32rem',
  },
  '.cm-tooltip-about': { fontFamily: 'var(--font)', lineHeight: '1.4', padding: '0.5rem 0.75rem' },
  '.cm-tooltip-about code': { fontFamily: MONO },
  '.cm-tooltip-about p': { margin: '0 0 0.25rem' },
  '.cm-tooltip-about p:last-child': { margin: '0' },
  '.cm-tooltip-about .quiet': { color: 'var(--quiet)' },
  '.cm-diagnostic': {
    border: 'none',
    fontFamily: 'var(--font)',
    padding: '0.5rem 0.75rem',
    whiteSpace: 'pre-wrap',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: MONO, maxHeight: '16rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--selected-ground)',
    color: 'inherit',
  },
  '.cm-completionDetail': { color: 'var(--quiet)', fontStyle: 'normal', marginLeft: '1rem' },
  '.cm-completionMatchedText': { fontWeight: '700', textDecoration: 'none' },
  '.cm-tooltip.cm-completionInfo': { fontFamily: 'var(--font)', padding: '0.5rem 0.75rem' },
  '.cm-panels': { backgroundColor: 'var(--ground)', color: 'inherit' },
  '.cm-panels input, .cm-panels button': {
    background: 'var(--surface)',
    border: '1px solid var(--line)',
    color: 'inherit',
  },
  '&.cm-merge-b .cm-changedLine, .cm-insertedLine': { backgroundColor: `${ADDED} !important` },
  '&.cm-merge-b .cm-changedText, .cm-changedText': { background: `${ADDED} !important` },
  '.cm-deletedChunk': { backgroundColor: `${REMOVED} !important` },
  '.cm-deletedChunk .cm-deletedText': { background: `${REMOVED} !important` },
  '.cm-changedLineGutter': { background: 'var(--added) !important' },
  '.cm-deletedLineGutter': { background: 'var(--removed) !important' },
  // Its own signs are in few fonts.
  '.cm-collapsedLines::before, .cm-collapsedLines::after': { content: '"⋯" !important' },
  '.cm-collapsedLines': {
    background: 'var(--ground) !important',
    border: '1px solid var(--line-weak)',
    color: 'var(--quiet)',
    fontFamily: 'var(--font)',
  },
  '.cm-chunkButtons button': {
    background: 'var(--surface) !important',
    border: '1px solid var(--line)',
    color: 'inherit !important',
    fontFamily: 'var(--font)',
  },
});

const highlighting = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--trace)', fontWeight: '600' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--quiet)', fontStyle: 'italic' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--trace-2)' },
  { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket], color: 'var(--quiet)' },
]);

export const look: Extension = [theme, syntaxHighlighting(highlighting)];
