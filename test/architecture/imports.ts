/** One import, export-from or import expression of a file. */
export interface Import {
  readonly specifier: string;
  /** 1 is the first line. */
  readonly line: number;
}

const named = String.raw`(?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\*\s*as\s+[\w$]+|\{[^}'"]*\})?\s*`;
const quoted = String.raw`(?:'([^'\n]+)'|"([^"\n]+)")`;
const forms = [
  String.raw`^import\s+${named}from\s*${quoted}`,
  String.raw`^import\s*${quoted}`,
  String.raw`^export\s+(?:type\s+)?(?:\*(?:\s*as\s+[\w$]+)?|\{[^}'"]*\})\s*from\s*${quoted}`,
  // Import expressions, `import('…').Type`, and what else loads a module by its path: a worker, a child process.
  String.raw`\bimport\(\s*${quoted}`,
  String.raw`\bimport\.meta\.resolve\(\s*${quoted}`,
  String.raw`\bnew URL\(\s*(?:'([^'\n]+\.m?[jt]s)'|"([^"\n]+\.m?[jt]s)")\s*,\s*import\.meta\.url`,
].map((source) => new RegExp(source, 'gm'));

/**
 * Every import of a file, in the order of forms. Relies on the formatter, which puts import and export at the beginning of
 * a line; what stands in comments is not seen.
 */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  return forms.flatMap((form) =>
    [...code.matchAll(form)].map((match) => ({
      specifier: match[1] ?? match[2] ?? '',
      line: code.slice(0, match.index).split('\n').length,
    })),
  );
}

/** The lines of import expressions whose target is computed: nobody can check where these lead. */
export function computedImports(source: string): number[] {
  const code = withoutComments(source);
  const computed = [...code.matchAll(/\bimport\(\s*[^'"\s]/g)];
  return computed.map((match) => code.slice(0, match.index).split('\n').length);
}

/** Blanks comments that take whole lines, and keeps the lines. */
const withoutComments = (source: string): string =>
  source
    .replaceAll(/^[ \t]*\/\*[\s\S]*?\*\//gm, (comment) => comment.replaceAll(/[^\n]/g, ' '))
    .replaceAll(/^[ \t]*\/\/.*$/gm, '');
