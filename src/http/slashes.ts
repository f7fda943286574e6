import { type AnyRoute, paramsOf } from '#contract/routes/route.ts';

/**
 * The address that was meant where a name in the midst of it was written with its slashes: there they cannot be told from
 * those of the address.
 */
export function encodedPath(routes: Iterable<AnyRoute>, method: string, path: string): string | undefined {
  for (const route of routes) {
    if (route.method !== method || !route.path.includes('}/')) continue;
    const [, ...values] = new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '(.+)')}$`).exec(path) ?? [];
    if (!values.some((value) => value.includes('/'))) continue;
    return paramsOf(route.path).reduce(
      (url, name, i) => url.replace(`{${name}}`, (values[i] as string).replaceAll('/', '%2F')),
      route.path as string,
    );
  }
  return undefined;
}

/** What to do about it. */
export const encodeHint = (method: string, path: string): string =>
  `slashes of a name before more of the address are written as %2F: ${method} ${path}`;
