import type { Page } from 'playwright-core';
import type { Window } from './browser.ts';

/** Something that the console shows: a page, a place on it, or a dialog above it. */
export interface Scene {
  readonly name: string;
  readonly hash: string;
  /** Goes on from there to what is to be seen, and waits until it is there. */
  readonly open?: (page: Page) => Promise<unknown>;
}

const press = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole('button', { name }).first().click();
const dialog = (page: Page, name?: string | RegExp) =>
  page.getByRole('dialog', name === undefined ? {} : { name }).waitFor();

/** Opens a dialog by its button. */
const asks =
  (button: string | RegExp) =>
  async (page: Page): Promise<void> => {
    await press(page, button);
    await dialog(page);
  };

/** Elements of a drawing are reached by the keyboard, too: there each of them can be told by its name. */
const pressElement = async (page: Page, id: string): Promise<void> => {
  const target = page.locator(`g[data-of="${id}"] .target`);
  await target.waitFor({ state: 'attached' });
  await target.focus();
  await target.press('Enter');
};

const PUMP = 'hall/line1/pump';
/** Of the bearing that wears. */
export const WORN = 'hall/line2/pump/knocking';

/** Whether a day in which it wore is fit to learn from: what comes is the report, whatever it says. */
async function asksWhetherFit(page: Page): Promise<void> {
  const card = page.getByRole('region', { name: 'Learned' });
  await card.getByRole('button', { name: 'Learn from a period …' }).click();
  await card.getByRole('button', { name: '24 h', exact: true }).click();
  await card.getByRole('button', { name: 'Is it fit?' }).click();
  await card
    .getByText(/^(Nothing was kept|It learns nothing)/)
    .first()
    .waitFor({ timeout: 120_000 });
}

/** Places on pages, beside what is seen of them first, as a furnished site shows them. */
export const PLACES: readonly Scene[] = [
  {
    name: 'tag',
    hash: `#/tags/${PUMP}/vibration`,
    open: (page) => page.locator('.trend-plot canvas').waitFor(),
  },
  {
    name: 'trends-lines',
    hash: `#/trends?tag=${PUMP}/vibration&tag=${PUMP}/flow&tag=${PUMP}/suction_pressure`,
    open: (page) => page.locator('.trends-plot canvas').waitFor(),
  },
  {
    name: 'alarm',
    hash: `#/alarms/${PUMP}/suction-low`,
    open: (page) =>
      page
        .getByRole('complementary', { name: /^Alarm / })
        .locator('canvas')
        .waitFor(),
  },
  {
    name: 'alarms-all',
    hash: '#/alarms',
    open: async (page) => {
      await press(page, /^All alarms/);
      await page.locator('.alarm-row').nth(8).waitFor();
    },
  },
  {
    name: 'alerts',
    hash: '#/alarms?list=alerts',
    open: async (page) => {
      const now = page.getByRole('region', { name: 'Standing alerts' });
      await now.getByRole('button', { name: 'Show the trend' }).first().click();
      await now.locator('canvas').first().waitFor();
    },
  },
  {
    name: 'detector',
    hash: `#/detectors/${WORN}`,
    open: (page) => page.getByRole('region', { name: 'Why' }).locator('canvas').first().waitFor(),
  },
  { name: 'detector-learn', hash: `#/detectors/${WORN}`, open: asksWhetherFit },
  {
    name: 'audit-entry',
    hash: '#/audit?group=writes',
    open: (page) => page.locator('.audit-line').first().click(),
  },
  {
    name: 'picture',
    hash: '#/pictures/line1',
    open: (page) => page.locator('g[data-of="pump"] .target').waitFor({ state: 'attached' }),
  },
  {
    name: 'picture-faceplate',
    hash: '#/pictures/line1',
    open: async (page) => {
      await pressElement(page, 'pump-speed');
      await page.getByRole('complementary').getByRole('textbox', { name: 'Value' }).waitFor();
    },
  },
  {
    name: 'picture-asset',
    hash: '#/pictures/line1',
    open: async (page) => {
      await pressElement(page, 'pump');
      await page.getByRole('complementary').getByText('Alarms').waitFor();
    },
  },
  {
    name: 'picture-editor',
    hash: '#/pictures/line1?edit',
    open: async (page) => {
      await press(page, /^tank-value/);
      await page.getByLabel('What tank-value shows').waitFor();
    },
  },
  {
    name: 'decisions-alarms',
    hash: '#/decisions/alarms',
    open: (page) => page.getByText('air-pressure-low').waitFor(),
  },
  {
    name: 'decisions-rule',
    hash: `#/decisions/rule/${PUMP}/protect-bearing`,
    open: (page) => page.getByRole('table', { name: 'Inputs now' }).waitFor(),
  },
  {
    name: 'decisions-file',
    hash: '#/decisions/file',
    open: (page) => page.locator('.cm-line').first().waitFor(),
  },
  {
    name: 'decisions-versions',
    hash: '#/decisions/versions',
    open: (page) => page.locator('.versions tbody tr').first().waitFor(),
  },
  {
    name: 'source',
    hash: '#/sources/utilities',
    open: (page) =>
      page.getByRole('table', { name: 'Tags of utilities' }).getByRole('link').first().waitFor(),
  },
  { name: 'source-down', hash: '#/sources/weigher' },
  {
    name: 'source-browse',
    hash: '#/sources/utilities?view=browse',
    open: async (page) => {
      await press(page, 'Look into the device');
      await page.getByText(/\d+ found, \d+ read by tags already/).waitFor({ timeout: 60_000 });
    },
  },
];

/** What is asked above a page. */
export const DIALOGS: readonly Scene[] = [
  { name: 'tag-write', hash: `#/tags/${PUMP}/speed_setpoint`, open: asks('Write …') },
  { name: 'trends-views', hash: '#/trends', open: asks('Saved views') },
  { name: 'trends-export', hash: `#/trends?tag=${PUMP}/vibration`, open: asks(/^Export/) },
  { name: 'trends-calculate', hash: `#/trends?tag=${PUMP}/vibration`, open: asks(/^Calculate/) },
  { name: 'alarm-shelve', hash: `#/alarms/${PUMP}/suction-low`, open: asks('Shelve …') },
  {
    name: 'alert-false',
    hash: '#/alarms?list=alerts',
    open: asks('False'),
  },
  { name: 'notices-maintenance', hash: '#/notices', open: asks('Begin maintenance …') },
  {
    name: 'decisions-trial',
    hash: '#/decisions/file',
    open: async (page) => {
      await page.getByLabel('The last').selectOption({ label: '15 minutes' });
      await press(page, /^Try the/);
      await page.getByRole('heading', { name: 'What it would have done' }).waitFor({ timeout: 120_000 });
    },
  },
  {
    name: 'source-add-tags',
    hash: '#/sources/utilities?view=browse',
    open: async (page) => {
      await press(page, 'Look into the device');
      await page.getByText(/\d+ found, \d+ read by tags already/).waitFor({ timeout: 60_000 });
      await page.getByLabel('Search in what was found').fill('ChilledWater / Flow');
      await page.getByLabel('Choose Utilities / ChilledWater / Flow').check();
      await press(page, 'Add as tags');
      await dialog(page);
    },
  },
  { name: 'certificate-trust', hash: '#/certificates', open: asks('Trust …') },
  { name: 'administration-user', hash: '#/administration', open: asks(/^Add/) },
  { name: 'administration-token', hash: '#/administration', open: asks(/token …$/) },
  {
    name: 'keyboard',
    hash: '#/',
    open: async (page) => {
      await page.keyboard.press('?');
      await dialog(page, 'Keyboard');
    },
  },
  {
    name: 'password',
    hash: '#/',
    open: async (page) => {
      await press(page, /^ann, /);
      await press(page, 'Change password …');
      await dialog(page);
    },
  },
];

/** Every page of the menu, which is made of the console's registry: a page added later is here by itself. */
export async function menuScenes({ page }: Window): Promise<readonly Scene[]> {
  const entries = page.locator('ix-menu-item');
  await entries.first().waitFor();
  const scenes: Scene[] = [];
  for (const entry of await entries.all()) {
    // A property of the element: the design system makes no attribute of it. Its own entry to fold the menu has none.
    const title: unknown = await entry.evaluate((item) => Reflect.get(item, 'label'));
    if (typeof title !== 'string') continue;
    await entry.click();
    const heading = page.getByRole('heading', { name: title, level: 1 });
    await heading.waitFor();
    const { hash } = new URL(page.url());
    scenes.push({ name: title.toLowerCase(), hash, open: () => heading.waitFor() });
  }
  return scenes;
}

/** Goes to a scene of a window in which somebody is signed in. */
export async function show({ page }: Window, origin: string, { hash, open }: Scene): Promise<void> {
  // Nothing of the scene before it may stay: an open dialog, a choice.
  await page.goto('about:blank');
  await page.goto(`${origin}/${hash}`);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await open?.(page);
}
