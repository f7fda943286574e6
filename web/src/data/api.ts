import { SiteApi } from '#contract/client.ts';
import { transport } from './transport.ts';

/** All questions to the site, by the names of the route table. */
export const api = new SiteApi(transport);
