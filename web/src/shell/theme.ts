export type Theme = 'light' | 'dark';

const KEY = 'holdfast.theme';

/** What was chosen here before; otherwise what the system of the viewer prefers. */
export function rememberedTheme(): Theme {
  const kept = read();
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.ixColorSchema = theme;
}

export function rememberTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing shows it until it is closed.
  }
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
