import { FleetApi } from '#contract/fleet-client.ts';
import { transport } from '../../data/transport.ts';

/** All questions to the hub, by the names of its route table. */
export const fleet = new FleetApi(transport);
