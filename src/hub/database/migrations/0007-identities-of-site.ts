import type { Migration } from '../migrate.ts';

/** The newest identity of each of thousands of sites is looked for whenever sites are listed. */
export const identitiesOfSite: Migration = {
  name: '0007-identities-of-site',
  sql: `
    CREATE INDEX identities_newest_of_site ON identities (site, (state = 'active') DESC, issued DESC);
    DROP INDEX identities_of_site;
  `,
};
