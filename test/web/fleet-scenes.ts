import type { Page } from 'playwright-core';
import type { Scene } from './scenes.ts';

const asks =
  (button: string | RegExp) =>
  async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: button }).first().click();
    await page.getByRole('dialog').waitFor();
  };

/** Places and dialogs of the console of a fleet, beside the pages of its menu, as a furnished hub shows them. */
export const FLEET_PLACES: readonly Scene[] = [
  {
    name: 'fleet-site',
    hash: '#/sites/west-1',
    open: (page) => page.getByText('nobody answers at').first().waitFor(),
  },
  {
    name: 'fleet-site-alarms',
    hash: '#/sites/west-1?show=alarms&open=hall/pump/pressure-high',
    open: (page) => page.getByText('the pump runs dry').waitFor(),
  },
  {
    name: 'fleet-site-values',
    hash: '#/sites/north-1?show=values&tag=hall/pump/pressure',
    open: (page) => page.locator('.trend-plot canvas').waitFor(),
  },
  {
    name: 'fleet-site-sources',
    hash: '#/sites/west-1?show=sources',
    open: (page) => page.getByText('modbus.unreachable').waitFor(),
  },
  {
    name: 'fleet-site-events',
    hash: '#/sites/north-1?show=events',
    open: async (page) => {
      await page
        .getByRole('button', { name: /system started/ })
        .first()
        .click();
      await page.getByText('told by the site').waitFor();
    },
  },
  {
    name: 'fleet-site-ledger',
    hash: '#/sites/north-1?show=ledger',
    open: (page) => page.getByRole('columnheader', { name: 'Difference' }).waitFor(),
  },
  {
    name: 'fleet-site-identity',
    hash: '#/sites/south-2?show=identity',
    open: (page) => page.getByRole('columnheader', { name: 'Certificate' }).waitFor(),
  },
  { name: 'fleet-revoke', hash: '#/sites/south-2?show=identity', open: asks('Revoke …') },
  { name: 'fleet-let-in', hash: '#/identities', open: asks('Let a site in …') },
  { name: 'fleet-add-user', hash: '#/administration', open: asks('Add a user …') },
  {
    name: 'fleet-acknowledge',
    hash: '#/alarms',
    open: async (page) => {
      await page.getByLabel('Choose pressure high of west-1').check();
      await asks(/^Acknowledge 1/)(page);
    },
  },
];
