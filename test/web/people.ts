import assert from 'node:assert/strict';
import type { Api } from '#test/e2e/sandbox.ts';
import type { Chromium, View, Window } from './browser.ts';

/** Makes a user. @returns his password */
export async function addUser(api: Api, name: string, role: string): Promise<string> {
  const password = `${name} keeps seven green valves`;
  const reply = await api.post('/api/access/users', JSON.stringify({ name, password, role }));
  assert.equal(reply.status, 200, await reply.text());
  return password;
}

/** A window in which this user has signed in as people do. */
export async function signedIn(
  chromium: Chromium,
  origin: string,
  { name, password }: { readonly name: string; readonly password: string },
  view: View = {},
): Promise<Window> {
  const window = await chromium.open(origin, view);
  await window.go('/');
  await window.page.getByLabel('Name').fill(name);
  await window.page.getByLabel('Password').fill(password);
  await window.page.getByRole('button', { name: 'Sign in' }).click();
  await window.page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  return window;
}
