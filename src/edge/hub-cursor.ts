/** Of the samples, in the journal. No sink can be called so. */
export const HUB_CURSOR = '/hub';
